internal import Files
internal import Tensors

/// What the names of torch make in a pickle.
enum TorchObject: PickleObject {
  case storage(TorchStorage)
  case tensor(TorchTensor)
  /// What client state holds and nobody reads: a path, a number of NumPy, settings of an optimizer.
  case opaque

  var isOpaque: Bool { if case .opaque = self { true } else { false } }
}

/// Bytes of an archive that tensors look at: `('storage', torch.FloatStorage, '0', 'cpu', 6)`.
struct TorchStorage: Sendable {
  /// The entry `data/KEY` of the archive.
  let key: String
  /// `nil` where only tensors say it.
  let dtype: DType?
  /// Elements; bytes where there is no dtype.
  let count: Int
}

/// A tensor as the pickle describes it; nothing of it has been checked.
struct TorchTensor: Sendable {
  let storage: TorchStorage
  let dtype: DType?
  /// In elements from the storage's first.
  let start: Int
  let extents: [Int]
  /// In elements.
  let strides: [Int]
  /// Whether torch would negate or conjugate the elements when it reads them.
  let isLazy: Bool
  /// Where it is made in the file.
  let offset: Int

  /// As far as the extents are numbers that a shape may have.
  var elementCount: Int? { Shape(validating: extents)?.count }
}

/// The names that a pickle of torch may ask for: `formats/containers/torch.md` lists them with their reasons.
struct TorchGlobal: PickleGlobal {
  enum Kind: Sendable {
    case orderedDict
    /// `_rebuild_tensor*`: how many arguments it takes at least, and where the dtype stands.
    case tensor(arguments: Int, dtype: Int?)
    /// `_rebuild_parameter*`: the tensor it is given.
    case parameter
    /// `_rebuild_from_type_v2(function, type, arguments, state)`: what the function makes.
    case ofType
    case storage(DType?)
    case dtype(DType)
    case size
    case opaque
  }

  let name: String
  let kind: Kind

  static let instructions: Set<UInt8> = [UInt8(ascii: "Q"), 0x81]
  static let remedy =
    "pickles can run code, and nothing is run: tensors, plain values and the names of formats/containers/torch.md are read; where "
    + "the file is trusted, save only the weights: torch.save(model.state_dict(), FILE)"

  init?(module: String, name: String) {
    self.name = "\(module).\(name)"
    guard let kind = Self.kinds[self.name] else { return nil }
    self.kind = kind
  }

  func made(of arguments: [PickleNode], _ nodes: [PickleNode], at offset: Int) -> PickleNode? {
    switch kind {
    case .orderedDict: return arguments.isEmpty ? .dict([]) : nil
    case .size:
      guard arguments.count == 1, case .tuple = arguments[0] else { return nil }
      return arguments[0]
    case .tensor(let least, let dtype):
      return Self.tensor(arguments, least, dtype, nodes, at: offset).map { .object(TorchObject.tensor($0)) }
    case .parameter:
      guard (2...4).contains(arguments.count), case .object(let object) = arguments[0],
        case .tensor? = object as? TorchObject
      else { return nil }
      return arguments[0]
    case .ofType:
      guard arguments.count == 4, case .global(let function) = arguments[0], let function = function as? TorchGlobal,
        case .tuple(let given) = arguments[2], given.count <= 8
      else { return nil }
      switch function.kind {
      case .tensor, .parameter: return function.made(of: given.map { nodes[$0] }, nodes, at: offset)
      default: return nil
      }
    case .opaque: return .object(TorchObject.opaque)
    case .storage, .dtype: return nil
    }
  }

  /// Attributes of a dictionary (`_metadata`) and of opaque objects are left out.
  static func built(_ object: PickleNode, of state: PickleNode, _ nodes: [PickleNode]) -> PickleNode? {
    switch object {
    case .dict: return object
    case .object(let made) where made.isOpaque: return object
    default: return nil
    }
  }

  static func stored(_ name: PickleNode, _ nodes: [PickleNode]) -> PickleNode? {
    guard case .tuple(let parts) = name, parts.count == 5, case .text("storage") = nodes[parts[0]],
      case .global(let global) = nodes[parts[1]], case .storage(let dtype)? = (global as? TorchGlobal)?.kind,
      case .text(let key) = nodes[parts[2]], case .int(let count) = nodes[parts[4]], count >= 0
    else { return nil }
    return .object(TorchObject.storage(TorchStorage(key: key, dtype: dtype, count: count)))
  }

  /// `(storage, start, extents, strides, requires_grad, hooks)`, then a dtype in version 3, then a dictionary of bits.
  private static func tensor(
    _ arguments: [PickleNode], _ least: Int, _ place: Int?, _ nodes: [PickleNode], at offset: Int
  ) -> TorchTensor? {
    guard arguments.count == least || arguments.count == least + 1, case .object(let object) = arguments[0],
      case .storage(let storage)? = object as? TorchObject, case .int(let start) = arguments[1],
      let extents = numbers(arguments[2], nodes), let strides = numbers(arguments[3], nodes)
    else { return nil }
    var dtype = storage.dtype
    if let place {
      guard dtype == nil, case .global(let global) = arguments[place], case .dtype(let own)? = (global as? TorchGlobal)?.kind
      else { return nil }
      dtype = own
    }
    var isLazy = false
    if arguments.count > least {
      switch arguments[least] {
      case .none: break
      case .dict(let bits): isLazy = !bits.isEmpty
      default: return nil
      }
    }
    return TorchTensor(
      storage: storage, dtype: dtype, start: start, extents: extents, strides: strides, isLazy: isLazy, offset: offset)
  }

  private static func numbers(_ node: PickleNode, _ nodes: [PickleNode]) -> [Int]? {
    guard case .tuple(let elements) = node, elements.count <= SafetensorsHeader.maximumRank else { return nil }
    let numbers = elements.compactMap { if case .int(let number) = nodes[$0] { number } else { nil } }
    return numbers.count == elements.count ? numbers : nil
  }
}
