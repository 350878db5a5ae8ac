internal import Tensors

/// The values of a pickle of NumPy: `formats/containers/npz.md`.
struct PickleReader {
  /// Lists in each other; data sets nest some four.
  private static let maximumDepth = 64

  private let nodes: [PickleNode]
  private let file: String
  private let place: String?
  private let end: Int
  private var known: [Int: PickleValue] = [:]

  /// The value of the pickle that begins at `start` and ends with the bytes.
  ///
  /// - Throws: the errors of `PickleMachine`; `pickle.malformed`, `pickle.nesting`.
  static func read(_ bytes: [UInt8], from start: Int, file: String, place: String?) throws(VLMError)
    -> PickleValue
  {
    let result = try PickleMachine.run(bytes, from: start, names: NumPyGlobal.self, file: file, place: place)
    var reader = PickleReader(nodes: result.nodes, file: file, place: place, end: bytes.count)
    return try reader.value(result.top, depth: 0)
  }

  private init(nodes: [PickleNode], file: String, place: String?, end: Int) {
    (self.nodes, self.file, self.place, self.end) = (nodes, file, place, end)
  }

  private func error(_ code: VLMError.Code, _ message: String) -> VLMError {
    VLMError(
      code, message, file: file, tensor: place, offset: end, remedy: "the pickle is damaged; get the file again")
  }

  private mutating func value(_ reference: Int, depth: Int) throws(VLMError) -> PickleValue {
    if let value = known[reference] { return value }
    guard depth < Self.maximumDepth else {
      throw error(
        .pickleNesting, "more than \(Self.maximumDepth) lists stand in each other, or one in itself")
    }
    let made: PickleValue
    switch nodes[reference] {
    case .none: return .none
    case .bool(let flag): return .bool(flag)
    case .int(let number): return .int(number)
    case .float(let number): return .float(number)
    case .text(let text): return .text(text)
    case .bytes(let bytes): return .bytes(bytes)
    case .list(let elements): made = .list(try values(elements, depth))
    case .tuple(let elements): made = .tuple(try values(elements, depth))
    case .dict(let elements):
      let values = try values(elements, depth)
      made = .dict(
        stride(from: 0, to: values.count, by: 2).map { .init(key: values[$0], value: values[$0 + 1]) })
    case .object(let object):
      switch object as? NumPyObject {
      case .array(let array): return .array(array)
      case .objects(let shape, let elements): made = .objects(shape: shape, try values(elements, depth))
      case .type, .emptyArray, nil: throw error(.pickleMalformed, "it holds something that is no data")
      }
    case .mark, .global: throw error(.pickleMalformed, "it holds something that is no data")
    }
    known[reference] = made
    return made
  }

  private mutating func values(_ references: [Int], _ depth: Int) throws(VLMError) -> [PickleValue] {
    var values: [PickleValue] = []
    values.reserveCapacity(references.count)
    for reference in references { values.append(try value(reference, depth: depth + 1)) }
    return values
  }
}
