import Checkpoints
import Tensors
import Testing

@testable import Mapping

/// One tensor of bytes 0, 1, 2, … per name.
private struct Counting: CheckpointReader {
  let tensors: [TensorDescriptor]

  func file(of name: String) -> String { "memory" }

  func bytes(_ name: String) -> [UInt8] {
    let index = tensors.firstIndex { $0.name == name }!
    return (0..<tensors[index].byteCount).map { UInt8(truncatingIfNeeded: $0 + 100 * index) }
  }

  func withBytes<R>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    try bytes(name).withUnsafeBytes(body)
  }

  func readBytes(
    of name: String, _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) { destination.copyBytes(from: bytes(name)[range]) }
}

@Suite struct TensorLayoutTests {
  private let reader = Counting(tensors: [
    TensorDescriptor(name: "a", dtype: .u8, shape: [2, 3, 4]),
    TensorDescriptor(name: "b", dtype: .u8, shape: [2, 3, 4]),
  ])

  private func values(_ layout: TensorLayout, _ range: Range<Int>? = nil) throws -> [Int] {
    let range = range ?? 0..<layout.count
    var bytes = [UInt8](repeating: 0, count: range.count)
    try bytes.withUnsafeMutableBytes { try layout.copyElements(range, of: .u8, from: reader, into: $0) }
    return bytes.map(Int.init)
  }

  private let whole = TensorLayout(source: "a", shape: [2, 3, 4])

  @Test func transposes() throws {
    // numpy.arange(24).reshape(2, 3, 4).transpose(2, 0, 1).ravel()
    let expected = [
      0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7, 11, 15, 19, 23,
    ]
    let layout = try whole.permuted([2, 0, 1])
    #expect(layout.shape == [4, 2, 3])
    #expect(try values(layout) == expected)
    for lower in 0..<24 {
      #expect(try values(layout, lower..<min(lower + 7, 24)) == Array(expected[lower..<min(lower + 7, 24)]))
    }
    #expect(try layout.permuted([1, 2, 0]).contiguous == ContiguousRange(source: "a", elements: 0..<24))
  }

  @Test func reshapesAcrossTransposedAxes() throws {
    // numpy.arange(24).reshape(2, 3, 4).transpose(1, 0, 2).reshape(3, 8).ravel()
    let layout = try whole.permuted([1, 0, 2]).reshaped([3, 8])
    #expect(
      try values(layout) == [
        0, 1, 2, 3, 12, 13, 14, 15, 4, 5, 6, 7, 16, 17, 18, 19, 8, 9, 10, 11, 20, 21, 22, 23,
      ])
    #expect(try layout.reshaped([3, 2, 4]).permuted([1, 0, 2]).contiguous != nil)
    #expect(throws: VLMError.self) {
      try whole.permuted([1, 0, 2]).reshaped([4, 6]).sliced(axis: 0, 0..<1).reshaped([5])
    }
  }

  @Test func cutsAndJoins() throws {
    for axis in 0..<3 {
      let extent = whole.shape[axis]
      let parts = try (0..<extent).map { try whole.sliced(axis: axis, $0..<($0 + 1)) }
      let joined = try TensorLayout.joined(parts, axis: axis)
      // Parts of one tensor in their order are that tensor again.
      #expect(joined.contiguous == ContiguousRange(source: "a", elements: 0..<24), "axis \(axis)")
    }
    let middle = try whole.sliced(axis: 1, 1..<2)
    #expect(try values(middle) == [4, 5, 6, 7, 16, 17, 18, 19])
    #expect(try whole.sliced(axis: 0, 1..<2).contiguous == ContiguousRange(source: "a", elements: 12..<24))
  }

  @Test func joinsTwoTensors() throws {
    let other = TensorLayout(source: "b", shape: [2, 3, 4])
    // numpy.concatenate([a, b], axis=1).ravel(), b = a + 100
    let joined = try TensorLayout.joined([whole, other], axis: 1)
    #expect(joined.shape == [2, 6, 4])
    let expected = Array(0..<12) + Array(100..<112) + Array(12..<24) + Array(112..<124)
    #expect(try values(joined) == expected)
    for lower in 0..<48 {
      #expect(try values(joined, lower..<min(lower + 11, 48)) == Array(expected[lower..<min(lower + 11, 48)]))
    }
    #expect(joined.contiguous == nil)
    #expect(try joined.sliced(axis: 1, 0..<3).contiguous == ContiguousRange(source: "a", elements: 0..<24))
    #expect(try values(joined.sliced(axis: 1, 0..<3)) == Array(0..<24))
    #expect(
      try values(joined.sliced(axis: 1, 2..<4)) == Array(8..<12) + Array(100..<104) + Array(20..<24)
        + Array(112..<116))
    // numpy: .transpose(1, 0, 2).ravel()
    #expect(try values(joined.permuted([1, 0, 2])).prefix(8) == [0, 1, 2, 3, 12, 13, 14, 15])
    #expect(
      try values(joined.reshaped([2, 2, 3, 4]).permuted([1, 0, 2, 3])) == Array(0..<24) + Array(100..<124))
    #expect(throws: VLMError.self) {
      try joined.reshaped([2, 4, 6]).reshaped([2, 3, 8]).reshaped([8, 6]).reshaped([2, 4, 2, 3]).reshaped([7])
    }
  }

  /// What alternates in a source, head by head, is taken apart, and comes back as the source is: of one tensor and of two.
  @Test func joinsWhatAlternates() throws {
    let heads = TensorLayout(source: "a", shape: [3, 2, 2, 2])
    let apart = try heads.permuted([1, 0, 2, 3]).reshaped([12, 2])
    let (first, second) = (try apart.sliced(axis: 0, 0..<6), try apart.sliced(axis: 0, 6..<12))
    #expect(try values(first) == [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19])
    func together(_ parts: [TensorLayout]) throws -> TensorLayout {
      try TensorLayout.joined(parts, axis: 0).reshaped([2, 3, 2, 2]).permuted([1, 0, 2, 3]).reshaped([12, 2])
    }
    #expect(try together([first, second]).contiguous == ContiguousRange(source: "a", elements: 0..<24))
    let other = try TensorLayout(source: "b", shape: [3, 2, 2, 2]).permuted([1, 0, 2, 3]).reshaped([12, 2])
      .sliced(axis: 0, 6..<12)
    let mixed = try together([first, other])
    #expect(mixed.shape == [12, 2])
    #expect(try values(mixed) == (0..<24).map { $0 % 8 < 4 ? $0 : $0 + 100 })
  }

  @Test func reshapeRefusesToCutASeam() throws {
    let short = try TensorLayout(source: "b", shape: [2, 3, 4]).sliced(axis: 1, 0..<1)
    let joined = try TensorLayout.joined([whole, short], axis: 1)
    #expect(joined.shape == [2, 4, 4])
    let error = #expect(throws: VLMError.self) { try joined.reshaped([2, 2, 2, 4]) }
    #expect(error?.message.contains("seam") == true)
  }

  @Test func emptyTensorsStayEmpty() throws {
    let empty = TensorLayout(source: "a", shape: [0, 4])
    #expect(try empty.permuted([1, 0]).reshaped([4, 0]).count == 0)
    #expect(empty.contiguous?.elements == 0..<0)
  }
}
