import Foundation
import Tensors
import Testing

@testable import Checkpoints

/// Strided tensors gathered as their strides say, against one element at a time.
@Suite struct TorchViewTests {
  private func tensor(_ extents: [Int], _ strides: [Int], start: Int, dtype: DType, count: Int) -> TorchTensor {
    TorchTensor(
      storage: TorchStorage(key: "0", dtype: dtype, count: count), dtype: dtype, start: start, extents: extents,
      strides: strides, isLazy: false, offset: 0)
  }

  /// Axes of a storage in any order, with steps, gaps and axes of one step: what transposing and slicing make.
  @Test(arguments: [DType.u8, .f16, .f32, .f64], 0..<60) func gathers(dtype: DType, seed: Int) throws {
    var random = SeededGenerator(seed: UInt64(seed), purpose: "views of \(dtype)")
    let width = dtype.bits / 8
    let rank = random.index(below: 5)
    var (extents, strides) = ([Int](), [Int]())
    var reach = 1
    for _ in 0..<rank {
      extents.append(1 + random.index(below: 5))
      strides.append(reach * (1 + random.index(below: 2)))
      reach = strides.last! * extents.last!
    }
    let order = (0..<rank).sorted { _, _ in random.index(below: 2) == 0 }
    (extents, strides) = (order.map { extents[$0] }, order.map { strides[$0] })
    let start = random.index(below: 4)
    let count = start + reach + random.index(below: 3)
    let bytes = (0..<count * width).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let view = try TorchView(
      tensor(extents, strides, start: start, dtype: dtype, count: count), name: "a", storage: 7..<7 + bytes.count, file: "f")
    #expect(view.descriptor.shape.dimensions == extents)

    var expected: [UInt8] = []
    for element in 0..<view.descriptor.shape.count {
      var (place, rest) = (start, element)
      for axis in (0..<rank).reversed() {
        place += rest % extents[axis] * strides[axis]
        rest /= extents[axis]
      }
      expected += bytes[place * width..<(place + 1) * width]
    }
    let held = Array(bytes[view.range.lowerBound - 7..<view.range.upperBound - 7])
    if view.isContiguous { #expect(held == expected) }
    let first = random.index(below: view.descriptor.shape.count)
    for range in [0..<view.descriptor.shape.count, first..<view.descriptor.shape.count, 0..<first, first..<first + 1] {
      var gathered = [UInt8](repeating: 0, count: range.count * width)
      gathered.withUnsafeMutableBytes { target in
        held.withUnsafeBytes { view.gather(range, from: $0, into: target) }
      }
      #expect(gathered == Array(expected[range.lowerBound * width..<range.upperBound * width]), "\(extents) \(strides) \(range)")
    }
  }

  @Test(arguments: [
    ([2, 3], [3, 1], 0, nil), ([2, 3], [1, 2], 0, nil), ([6], [1], 0, nil), ([], [], 5, nil), ([1, 1], [99, 99], 5, nil),
    ([0, 9], [9, 1], 0, nil), ([2, 3], [3, 1], 1, VLMError.Code.torchOutside), ([7], [1], 0, .torchOutside),
    ([], [], 6, .torchOutside), ([2, 2], [0, 1], 0, .torchOverlap), ([2, 2], [1, 1], 0, .torchOverlap),
    ([6], [0], 0, .torchOverlap), ([.max, 2], [1, 1], 0, .torchShape), ([2], [.max], 0, .torchOutside),
    ([3], [.max], 0, .torchOutside), ([2], [1], .max, .torchOutside), ([-1], [1], 0, .torchShape),
    ([2], [-1], 1, .torchShape), ([2], [1, 1], 0, .torchShape), ([2], [1], -1, .torchShape),
  ] as [([Int], [Int], Int, VLMError.Code?)])
  func rules(extents: [Int], strides: [Int], start: Int, code: VLMError.Code?) {
    let result = Result { () throws(VLMError) in
      try TorchView(
        tensor(extents, strides, start: start, dtype: .f32, count: 6), name: "a", storage: 0..<24, file: "f")
    }
    switch result {
    case .success: #expect(code == nil)
    case .failure(let error): #expect(error.code == code && error.tensor == "a", "\(error)")
    }
  }
}
