package import Files
package import Tensors

/// Arrays of NumPy in MessagePack, as `openpi_client.msgpack_numpy` sends them: a map with the keys `b"__ndarray__"`, `b"data"`,
/// `b"dtype"` (`<f4`) and `b"shape"`; a lone number of NumPy's under `b"__npgeneric__"`. Objects, which would be pickled, are none.
extension MessagePack {
  /// float64, shape `[rows, columns]`.
  ///
  /// - Precondition: all rows are as long as the first.
  package static func matrix(_ rows: [[Double]]) -> MessagePack {
    let columns = rows.first?.count ?? 0
    precondition(rows.allSatisfy { $0.count == columns })
    var data: [UInt8] = []
    data.reserveCapacity(8 * rows.count * columns)
    for value in rows.joined() { withUnsafeBytes(of: value.bitPattern.littleEndian) { data += $0 } }
    return array(data: data, type: "<f8", shape: [rows.count, columns])
  }

  static func array(data: [UInt8], type: String, shape: [Int]) -> MessagePack {
    .map([
      .bytes("__ndarray__"): .bool(true), .bytes("data"): .bytes(data), .bytes("dtype"): .string(type),
      .bytes("shape"): .array(shape.map { .int(Int64($0)) }),
    ])
  }

  /// Whether the value says that it is an array of NumPy's.
  package var isArray: Bool { mapValue?[.bytes("__ndarray__")] != nil }

  /// The array that the value is.
  ///
  /// - Parameter name: where it stands in the message, for errors.
  /// - Throws: `serving.messagePack.array` when it is none, its type is not read, or its bytes are not as many as shape and type say.
  package func array(_ name: String, source: String) throws(VLMError) -> NumPyArray {
    func failure(_ message: String) -> VLMError {
      VLMError(.messagePackArray, message, file: source, tensor: name)
    }
    guard isArray, let members = mapValue else { throw failure("is \(kind), not an array of NumPy") }
    guard let word = members[.bytes("dtype")]?.stringValue else { throw failure("has no dtype") }
    guard let type = NumPyType(word), type.kind != .objects else {
      throw failure("has the dtype \(word.prefix(40)), which is not read")
    }
    guard case .array(let extents)? = members[.bytes("shape")], extents.count <= 32 else {
      throw failure("has no shape")
    }
    var shape: [Int] = []
    for extent in extents {
      guard case .int(let value) = extent, value >= 0 else {
        throw failure("has a shape with \(extent.kind)")
      }
      shape.append(Int(value))
    }
    guard case .bytes(let data)? = members[.bytes("data")] else { throw failure("has no data") }
    guard let array = NumPyArray(shape: shape, type: type, isFortran: false, bytes: data) else {
      throw failure("has \(data.count) bytes, which are not \(shape) of \(word.prefix(40))")
    }
    return array
  }
}
