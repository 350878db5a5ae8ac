internal import Tensors

/// What the names of NumPy make in a pickle.
enum NumPyObject: PickleObject {
  case type(NumPyType)
  /// An array that waits for its state.
  case emptyArray
  case array(NumPyArray)
  case objects(shape: [Int], [Int])

  var isOpaque: Bool { false }
}

/// The few names that a pickle of NumPy may ask for, and what is made by them.
enum NumPyGlobal: String, PickleGlobal {
  case array = "numpy.ndarray"
  case type = "numpy.dtype"
  /// `_reconstruct(ndarray, (0,), b'b')`: an array that gets its state afterwards.
  case reconstruct = "numpy.core.multiarray._reconstruct"
  /// `scalar(dtype, bytes)`
  case scalar = "numpy.core.multiarray.scalar"
  /// `_frombuffer(bytes, dtype, shape, order)`, protocol 5.
  case fromBuffer = "numpy.core.numeric._frombuffer"
  /// `encode(text, 'latin1')`: bytes in protocol 2.
  case encode = "_codecs.encode"

  static let remedy =
    "pickles can run code, and nothing is loaded by name but NumPy's arrays, types and numbers; only those, dictionaries, "
    + "lists, tuples, texts and numbers are read"

  var name: String { rawValue }

  /// NumPy 2 calls the module `numpy._core`.
  init?(module: String, name: String) {
    self.init(rawValue: "\(module.replacing("numpy._core", with: "numpy.core")).\(name)")
  }

  /// Bytes that a call of it copies.
  func copied(of arguments: [PickleNode]) -> Int {
    guard self == .encode || self == .scalar else { return 0 }
    return arguments.reduce(0) { sum, argument in
      switch argument {
      case .text(let text): sum + text.utf8.count
      case .bytes(let bytes): sum + bytes.count
      default: sum
      }
    }
  }

  /// What a call of it gives; `nil` for arguments that it does not take.
  func made(of arguments: [PickleNode], _ nodes: [PickleNode], at offset: Int) -> PickleNode? {
    switch (self, arguments.count) {
    case (.reconstruct, 3):
      guard case .global(let kind) = arguments[0], kind as? NumPyGlobal == .array else { return nil }
      return .object(NumPyObject.emptyArray)
    case (.type, 1...3):
      guard case .text(let code) = arguments[0], let type = NumPyType(code) else { return nil }
      return .object(NumPyObject.type(type))
    case (.scalar, 2):
      guard let type = arguments[0].numpyType, case .bytes(let bytes) = arguments[1],
        let array = NumPyArray(shape: [], type: type, isFortran: false, bytes: bytes)
      else { return nil }
      if case .numbers(let dtype) = type.kind, let number = array.doubles?.first {
        if dtype == .bool { return .bool(number != 0) }
        if dtype.isFloatingPoint { return .float(number) }
        return Int(exactly: number).map { .int($0) }
      }
      return array.strings?.first.map { .text($0) }
    case (.fromBuffer, 4):
      guard case .bytes(let bytes) = arguments[0], let type = arguments[1].numpyType,
        let shape = Self.shape(arguments[2], nodes), case .text(let order) = arguments[3],
        order == "C" || order == "F"
      else { return nil }
      return NumPyArray(shape: shape, type: type, isFortran: order == "F", bytes: bytes).map { .object(NumPyObject.array($0)) }
    case (.encode, 2):
      guard case .text(let text) = arguments[0], case .text("latin1") = arguments[1],
        text.unicodeScalars.allSatisfy({ $0.value < 256 })
      else { return nil }
      return .bytes(text.unicodeScalars.map { UInt8($0.value) })
    default: return nil
    }
  }

  /// An object with its state; `nil` where they do not fit.
  static func built(_ object: PickleNode, of state: PickleNode, _ nodes: [PickleNode]) -> PickleNode? {
    guard case .object(let made) = object, let object = made as? NumPyObject, case .tuple(let elements) = state,
      elements.count <= 9
    else { return nil }
    let state = elements.map { nodes[$0] }
    switch object {
    case .type(var type):
      // (version, byte order, subarray, names, fields, element size, alignment, flags)
      guard state.count >= 8, case .text(let order) = state[1], "<>|=".contains(order),
        case .none = state[2], case .none = state[3], case .none = state[4]
      else { return nil }
      type.isBigEndian = order == ">"
      return .object(NumPyObject.type(type))
    case .emptyArray:
      // (version, shape, type, whether Fortran's order, bytes or the list of objects)
      guard state.count == 5, let shape = shape(state[1], nodes), let type = state[2].numpyType,
        case .bool(let isFortran) = state[3]
      else { return nil }
      switch (type.kind, state[4]) {
      case (.objects, .list(let elements)):
        guard NumPyArray.byteCount(shape, 1) == elements.count, !isFortran || shape.count < 2 else {
          return nil
        }
        return .object(NumPyObject.objects(shape: shape, elements))
      case (_, .bytes(let bytes)):
        return NumPyArray(shape: shape, type: type, isFortran: isFortran, bytes: bytes).map {
          .object(NumPyObject.array($0))
        }
      default: return nil
      }
    case .array, .objects: return nil
    }
  }

  private static func shape(_ node: PickleNode, _ nodes: [PickleNode]) -> [Int]? {
    guard case .tuple(let extents) = node, extents.count <= 32 else { return nil }
    let numbers = extents.compactMap {
      if case .int(let extent) = nodes[$0], extent >= 0 { extent } else { nil }
    }
    return numbers.count == extents.count ? numbers : nil
  }
}

extension PickleNode {
  fileprivate var numpyType: NumPyType? {
    guard case .object(let object) = self, case .type(let type)? = object as? NumPyObject else { return nil }
    return type
  }
}
