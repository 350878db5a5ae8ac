package import Checkpoints
package import Tensors

/// A tensor of a reference that is being made: an input or an activation.
package struct RecordedTensor: Sendable {
  private enum Values: Sendable {
    case floats(FloatTensor)
    case integers([Int64])
  }

  let descriptor: TensorDescriptor
  private let values: Values

  package init(_ name: String, _ tensor: FloatTensor) {
    descriptor = TensorDescriptor(name: name, dtype: .f32, shape: tensor.shape)
    values = .floats(tensor)
  }

  /// Traps when there are not `shape.count` integers.
  init(_ name: String, integers: [Int], shape: Shape) {
    precondition(integers.count == shape.count, "\(integers.count) integers for \(shape)")
    descriptor = TensorDescriptor(name: name, dtype: .i64, shape: shape)
    values = .integers(integers.map(Int64.init))
  }

  /// Tensors that were made part by part: one a picture where parts are alike, else their rows one after another.
  init(_ name: String, parts: [FloatTensor]) {
    let first = parts[0].shape
    let areAlike = parts.allSatisfy { $0.shape == first }
    let rows = parts.reduce(0) { $0 + $1.rowCount }
    let shape = areAlike ? Shape([parts.count] + first.dimensions) : [rows, parts[0].rowWidth]
    self.init(name, FloatTensor.joined(parts, shape: shape))
  }

  func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    switch values {
    case .floats(let tensor):
      try withExtendedLifetime(tensor) {
        try body(UnsafeRawBufferPointer(UnsafeBufferPointer(start: tensor.base, count: tensor.shape.count)))
      }
    case .integers(let integers): try integers.withUnsafeBytes(body)
    }
  }

  /// The tensor as a writer takes it.
  package var planned: PlannedTensor {
    PlannedTensor(descriptor: descriptor, rows: 1, rowsPerSlice: 1) { _, destination in
      withBytes { destination.copyMemory(from: $0) }
    }
  }
}

/// Tensors in memory in the place of a file.
struct RecordedTensors: CheckpointReader {
  private let byName: [String: RecordedTensor]

  init(_ tensors: [RecordedTensor]) {
    byName = Dictionary(uniqueKeysWithValues: tensors.map { ($0.descriptor.name, $0) })
  }

  var tensors: [TensorDescriptor] { byName.values.map(\.descriptor).sorted { $0.name < $1.name } }

  func file(of name: String) -> String { "inputs in memory" }

  func withBytes<R>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    try byName[name]!.withBytes(body)
  }

  func readBytes(
    of name: String, _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) {
    byName[name]!.withBytes { destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[range])) }
  }
}

extension FloatTensor {
  /// The values of `parts` one after another. Traps when they are not `shape.count`.
  static func joined(_ parts: [FloatTensor], shape: Shape) -> FloatTensor {
    precondition(parts.reduce(0) { $0 + $1.shape.count } == shape.count)
    return FloatTensor(shape) { destination in
      var next = destination.baseAddress!
      for part in parts {
        next.update(from: part.base, count: part.shape.count)
        next += part.shape.count
      }
    }
  }
}
