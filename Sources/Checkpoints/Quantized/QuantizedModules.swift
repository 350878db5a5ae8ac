internal import Foundation
internal import Tensors

/// A layer of a checkpoint, with the tensors that may belong to one quantized weight by what they are called in it.
struct QuantizedModule: Sendable {
  /// `model.layers.0.mlp.up_proj`
  let name: String
  fileprivate(set) var tensors: [String: TensorDescriptor] = [:]
  let reader: any CheckpointReader

  subscript(part: String) -> TensorDescriptor? { tensors[part] }

  /// The file of one of its tensors.
  private var file: String { tensors.values.map(\.name).min().map { reader.file(of: $0) } ?? "" }

  func malformed(_ message: String, _ part: String? = nil) -> VLMError {
    VLMError(
      .quantizedMalformed, message,
      file: part.flatMap { tensors[$0] }.map { reader.file(of: $0.name) } ?? file,
      tensor: part.flatMap { tensors[$0]?.name } ?? name,
      remedy: "get the checkpoint again, with its config.json")
  }

  func unsupported(_ message: String, _ part: String? = nil) -> VLMError {
    VLMError(
      .quantizedUnsupported, message,
      file: part.flatMap { tensors[$0] }.map { reader.file(of: $0.name) } ?? file,
      tensor: part.flatMap { tensors[$0]?.name } ?? name, remedy: QuantizationSettings.remedy)
  }

  /// A tensor that has to be there.
  func part(_ part: String, beside other: String) throws(VLMError) -> TensorDescriptor {
    guard let tensor = tensors[part] else { throw malformed("has no \(part) beside its \(other)") }
    return tensor
  }

  /// - Throws: when a tensor has another dtype or shape.
  func require(_ part: String, _ dtypes: [DType], _ shapes: [[Int]]) throws(VLMError) {
    let tensor = tensors[part]!
    guard dtypes.contains(tensor.dtype) else {
      throw malformed(
        "is \(tensor.dtype.rawValue) and should be \(dtypes.map(\.rawValue).joined(separator: " or "))", part)
    }
    guard shapes.contains(tensor.shape.dimensions) else {
      throw malformed(
        "is \(tensor.shape) and should be \(shapes.map { "\(Shape($0))" }.joined(separator: " or "))", part)
    }
  }

  /// The integers of a small tensor, I64 or I32.
  func integers(_ part: String) throws(VLMError) -> [Int] {
    let tensor = tensors[part]!
    guard [.i64, .i32].contains(tensor.dtype), tensor.shape.count <= 8 else {
      throw malformed("is \(tensor.dtype.rawValue) \(tensor.shape), no few integers", part)
    }
    return try bytes(of: tensor).withUnsafeBytes { bytes in
      (0..<tensor.shape.count).map { index in
        tensor.dtype == .i64
          ? Int(bytes.loadUnaligned(fromByteOffset: index * 8, as: Int64.self))
          : Int(bytes.loadUnaligned(fromByteOffset: index * 4, as: Int32.self))
      }
    }
  }

  /// A number by itself, in floats.
  func number(_ part: String) throws(VLMError) -> Float {
    let tensor = tensors[part]!
    guard Kernels.converts(tensor.dtype), tensor.shape.count == 1 else {
      throw malformed("is \(tensor.dtype.rawValue) \(tensor.shape), no number by itself", part)
    }
    let bytes = try bytes(of: tensor)
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: 1) { value in
      bytes.withUnsafeBytes { Kernels.active.convert($0, of: tensor.dtype, to: value) }
      return value[0]
    }
  }

  /// A text that is kept in bytes.
  func text(_ part: String) throws(VLMError) -> Data {
    let tensor = tensors[part]!
    guard tensor.dtype == .u8, tensor.byteCount <= 1 << 16 else {
      throw malformed("is \(tensor.dtype.rawValue) \(tensor.shape), no short text", part)
    }
    return Data(try bytes(of: tensor))
  }

  private func bytes(of tensor: TensorDescriptor) throws(VLMError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: tensor.byteCount)
    let result: Result<Void, VLMError> = bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(VLMError) in
        try reader.readBytes(of: tensor.name, 0..<tensor.byteCount, into: buffer)
      }
    }
    try result.get()
    return bytes
  }
}

/// The layers of a checkpoint that have tensors of such names.
struct QuantizedModules {
  /// In order of name.
  let all: [QuantizedModule]

  /// - Parameters:
  ///   - parts: what the tensors of a quantized weight are called after the layer's name and a dot; a longer name goes before a shorter.
  ///   - bare: those of them that many tensors have which are not quantized: alone they make no layer.
  init(_ reader: any CheckpointReader, parts: [String], bare: Set<String>) {
    let suffixes = parts.map { "." + $0 }.sorted { $0.count > $1.count }
    var modules: [String: QuantizedModule] = [:]
    for tensor in reader.tensors {
      guard let suffix = suffixes.first(where: { tensor.name.hasSuffix($0) }) else { continue }
      let name = String(tensor.name.dropLast(suffix.count))
      modules[name, default: QuantizedModule(name: name, reader: reader)].tensors[
        String(suffix.dropFirst())] = tensor
    }
    all = modules.values.filter { !Set($0.tensors.keys).isSubset(of: bare) }.sorted { $0.name < $1.name }
  }
}
