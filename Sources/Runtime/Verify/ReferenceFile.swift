internal import Checkpoints
internal import Mapping
internal import Tensors

/// A safetensors file with a model's inputs (`input.*`) and the activations that another implementation recorded.
struct ReferenceFile {
  let path: String
  private let reader: any CheckpointReader
  private let tensors: [String: TensorDescriptor]

  private static let inputs: Set<String> = [
    "input.pixel_values", "input.image_grid_thw", "input.input_ids", "input.attention_mask",
    "input.token_type_ids",
    "input.image_sizes", "input.image_embeds_position_mask", "input.pixel_attention_mask",
    "input.spatial_shapes",
    "input.num_tiles",
  ]

  /// Throws when the file is malformed, or has an input that is not known: the activations would depend on it.
  init(_ path: String) throws {
    try self.init(try Checkpoint.open(path), path: path)
  }

  /// Inputs that were made now.
  init(_ recorded: RecordedTensors) throws { try self.init(recorded, path: "the inputs") }

  private init(_ reader: any CheckpointReader, path: String) throws {
    self.path = path
    self.reader = reader
    tensors = Dictionary(uniqueKeysWithValues: reader.tensors.map { ($0.name, $0) })
    for name in tensors.keys.sorted() where name.hasPrefix("input.") && !Self.inputs.contains(name) {
      throw VLMError(
        .referenceInput, "is not an input that verify knows", file: path, tensor: name,
        remedy: "known are \(Self.inputs.sorted().joined(separator: ", "))")
    }
  }

  /// Throws when there is nothing to run.
  func requireInputs() throws {
    guard shape(of: Self.pixels) == nil, shape(of: Self.tokenIds) == nil else { return }
    throw VLMError(
      .referenceEmpty, "holds neither input.pixel_values nor input.input_ids, so there is nothing to run",
      file: path, remedy: Self.howToRecord)
  }

  static let howToRecord =
    "record some with vlmtool verify --record, or from transformers with fixtures/oracle/record_taps.py"

  /// The inputs, to be written again.
  func recordedInputs() throws -> [RecordedTensor] {
    try tensors.keys.filter { $0.hasPrefix("input.") }.sorted().map { name in
      let tensor = tensors[name]!
      return switch tensor.dtype {
      case .i64, .i32, .u8, .bool: RecordedTensor(name, integers: try integers(name), shape: tensor.shape)
      default: RecordedTensor(name, try floats(name))
      }
    }
  }

  /// Recorded activations, in no order.
  var taps: [String] { tensors.keys.filter { !$0.hasPrefix("input.") } }

  func shape(of name: String) -> Shape? { tensors[name]?.shape }

  /// A tensor of any float type in f32.
  func floats(_ name: String) throws -> FloatTensor {
    let tensor = try descriptor(name)
    guard Kernels.converts(tensor.dtype) else {
      throw VLMError(
        .referenceInput, "\(tensor.dtype.rawValue) elements where floats are expected", file: path,
        tensor: name)
    }
    return try FloatTensor(tensor.shape) { destination in
      try reader.withBytes(of: name) { Kernels.active.convert($0, of: tensor.dtype, to: destination) }
    }
  }

  /// A tensor of integers of 8, 32 or 64 bits.
  func integers(_ name: String) throws -> [Int] {
    let tensor = try descriptor(name)
    return try reader.withBytes(of: name) { bytes in
      switch tensor.dtype {
      case .i64:
        (0..<tensor.shape.count).map { Int(bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self)) }
      case .i32:
        (0..<tensor.shape.count).map { Int(bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)) }
      case .u8, .bool: bytes.map { Int($0) }
      default:
        throw VLMError(
          .referenceInput, "\(tensor.dtype.rawValue) elements where integers are expected", file: path,
          tensor: name)
      }
    }
  }

  private func descriptor(_ name: String) throws -> TensorDescriptor {
    guard let tensor = tensors[name] else {
      throw VLMError(.referenceInput, "is missing", file: path, tensor: name)
    }
    return tensor
  }
}
