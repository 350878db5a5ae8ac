internal import CHDF5
package import Tensors

/// The value of an attribute, with its shape (`[]` for a single value).
package enum HDF5Value: Hashable, Sendable {
  case integers([Int], Shape)
  case floats([Double], Shape)
  case strings([String], Shape)

  /// The only string; `nil` when it is none or several.
  package var string: String? {
    if case .strings(let values, _) = self, values.count == 1 { values[0] } else { nil }
  }

  /// The only integer.
  package var integer: Int? {
    if case .integers(let values, _) = self, values.count == 1 { values[0] } else { nil }
  }

  /// All numbers, integers converted.
  package var numbers: [Double]? {
    switch self {
    case .integers(let values, _): values.map(Double.init)
    case .floats(let values, _): values
    case .strings: nil
    }
  }

  package var strings: [String]? {
    if case .strings(let values, _) = self { values } else { nil }
  }
}

/// Something that can have attributes: a group or a data set.
package protocol HDF5Object {
  var file: HDF5File { get }
  var path: String { get }
}

/// What groups and data sets share inside the room.
private protocol HDF5Handled: HDF5Object {
  var handle: HDF5Handle { get }
}

extension HDF5Group: HDF5Handled {}
extension HDF5Dataset: HDF5Handled {}

extension HDF5Object {
  private var attributes: HDF5Attributes {
    guard let object = self as? any HDF5Handled else { preconditionFailure("not an object of this room") }
    return HDF5Attributes(handle: object.handle, file: file, object: path)
  }

  /// The names of all attributes, sorted.
  package func attributeNames() throws(VLMError) -> [String] { try attributes.names() }

  /// The attribute `name`; `nil` when there is none.
  ///
  /// - Throws: `hdf5.type` when it is neither numbers nor strings, `hdf5.tooLarge`, `hdf5.damaged`.
  package func attribute(_ name: String) throws(VLMError) -> HDF5Value? { try attributes.value(name) }

  /// Strings under `name`, or spread over `name0`, `name1`, … as Keras does with lists over 64,512 bytes.
  package func stringList(_ name: String) throws(VLMError) -> [String]? {
    if let value = try attribute(name) { return value.strings }
    var all: [String]?
    var number = 0
    while let part = try attribute("\(name)\(number)") {
      guard let strings = part.strings else { return nil }
      all = (all ?? []) + strings
      number += 1
    }
    return all
  }
}

/// The attributes of one object.
struct HDF5Attributes {
  /// Attributes are for small things; HDF5 itself keeps most below 64 KiB.
  static let maximumByteCount = 1 << 26
  /// Strings of variable length in one attribute; twice as many as fit HDF5's usual 64 KiB.
  static let maximumStringCount = 8192

  let handle: HDF5Handle
  let file: HDF5File
  let object: String

  func names() throws(VLMError) -> [String] {
    try HDF5Library.locked { () throws(VLMError) in
      final class Found { var names: [String] = [] }
      let found = Found()
      let status = withExtendedLifetime(found) {
        chdf5_visit_attributes(
          handle.id,
          { name, _, context in
            Unmanaged<Found>.fromOpaque(context!).takeUnretainedValue().names.append(String(cString: name!))
            return 0
          }, Unmanaged.passUnretained(found).toOpaque())
      }
      guard status >= 0 else {
        throw HDF5Library.failure("its attributes cannot be listed", file: file.path, object: object)
      }
      return found.names.sorted()
    }
  }

  func value(_ name: String) throws(VLMError) -> HDF5Value? {
    try HDF5Library.locked { () throws(VLMError) in
      let exists = H5Aexists(handle.id, name)
      guard exists >= 0 else {
        throw HDF5Library.failure("its attributes cannot be read", file: file.path, object: object)
      }
      return exists == 0 ? nil : try read(name)
    }
  }

  private func read(_ name: String) throws(VLMError) -> HDF5Value {
    let label = "\(object)@\(name)"
    func owned(_ id: hid_t) throws(VLMError) -> HDF5Handle {
      try HDF5Handle(id, "cannot be read", file: file.path, object: label)
    }
    let attribute = try owned(H5Aopen(handle.id, name, chdf5_p_default()))
    let typeID = try owned(H5Aget_type(attribute.id))
    let shape = try hdf5Shape(of: try owned(H5Aget_space(attribute.id)), file: file.path, object: label)
    let type = try HDF5Type(typeID.id, attributeDType: { nil }, file: file.path, object: label)
    let (byteCount, overflow) = shape.count.multipliedReportingOverflow(by: max(type.byteCount, 8))
    let isTooMany = type.isVariableLength && shape.count > Self.maximumStringCount
    guard !overflow, byteCount <= Self.maximumByteCount, !isTooMany else {
      throw VLMError(
        .hdf5TooLarge, "an attribute of shape \(shape) is not read", file: file.path, tensor: label)
    }
    func numbers<Number: HDF5Number>(_: Number.Type) throws(VLMError) -> [Number] {
      try made(shape.count) { (buffer) throws(VLMError) in
        let memory = try HDF5Type.fileType(Number.dtype, file: file.path, object: label)
        guard buffer.isEmpty || H5Aread(attribute.id, memory.id, buffer.baseAddress) >= 0 else {
          throw HDF5Library.failure("cannot be read", file: file.path, object: label)
        }
      }
    }
    switch type.element {
    case .strings:
      let strings = try hdf5Strings(
        count: shape.count, type: type, typeID: typeID.id, limit: nil, file: file.path, object: label
      ) { (buffer, _) throws(VLMError) in
        guard H5Aread(attribute.id, typeID.id, buffer) >= 0 else {
          throw HDF5Library.failure("cannot be read", file: file.path, object: label)
        }
      }
      return .strings(strings, shape)
    case .octets:
      throw VLMError(
        .hdf5Type, "an attribute of sequences of bytes is not read", file: file.path, tensor: label)
    case .numbers(.bool):
      let raw = try made(shape.count, of: UInt8.self) { (buffer) throws(VLMError) in
        guard buffer.isEmpty || H5Aread(attribute.id, typeID.id, buffer.baseAddress) >= 0 else {
          throw HDF5Library.failure("cannot be read", file: file.path, object: label)
        }
      }
      return .integers(raw.map(Int.init), shape)
    case .numbers(let dtype) where dtype.isFloatingPoint: return .floats(try numbers(Double.self), shape)
    case .numbers: return .integers(try numbers(Int.self), shape)
    }
  }
}
