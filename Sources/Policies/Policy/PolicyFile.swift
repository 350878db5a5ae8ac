package import Checkpoints
internal import Files
internal import Foundation
package import Tensors

/// A policy without its VLM: query, head and settings in one safetensors file.
///
/// Tensors have the authors' names, `model.action_token` and `model.act_head.*`, so that their `load_state_dict(strict=False)` takes
/// them; the settings are in the header's metadata. A frozen backbone is not written again.
package struct PolicyFile: Sendable {
  /// [width]
  package let query: [Float]
  package let head: FCDecoder
  package let settings: PolicySettings

  package init(query: [Float], head: FCDecoder, settings: PolicySettings) {
    precondition(query.count == head.layout.hidden)
    self.query = query
    self.head = head
    self.settings = settings
  }

  private static let queryName = "model.action_token"
  private static let headPrefix = "model.act_head."

  /// Whether a file is one of these: told by its header.
  package static func isOne(_ path: String) -> Bool {
    path.hasSuffix(".safetensors") && (try? SafetensorsFile(path))?.metadata[PolicySettings.key] != nil
  }

  /// Reads a file that `write` made.
  ///
  /// - Throws: `policies.policy.missing` for another safetensors file, `policies.policy.malformed` naming the tensor that is missing,
  ///   of another shape, or not finite.
  package init(reading path: String) throws(VLMError) {
    let file = try SafetensorsFile(path)
    guard let text = file.metadata[PolicySettings.key] else {
      throw VLMError(
        .policyMissing, "the file holds no policy of `vlmtool policy train`", file: path,
        remedy: "a whole checkpoint of a policy is given by its directory")
    }
    settings = try PolicySettings(text: text, file: path)
    let shapes = Dictionary(uniqueKeysWithValues: file.tensors.map { ($0.name, $0) })
    func values(_ name: String, _ shape: [Int]) throws(VLMError) -> [Float] {
      guard let tensor = shapes[name] else {
        throw VLMError(.policyMalformed, "the tensor is missing", file: path, tensor: name)
      }
      guard tensor.dtype == .f32, tensor.shape.dimensions == shape else {
        throw VLMError(
          .policyMalformed, "is \(tensor.dtype.rawValue) \(tensor.shape), not F32 \(Shape(shape))", file: path, tensor: name)
      }
      var values = [Float](repeating: 0, count: tensor.shape.count)
      let read = values.withUnsafeMutableBytes { bytes in
        Result { () throws(VLMError) in try file.readBytes(of: name, 0..<bytes.count, into: bytes) }
      }
      try read.get()
      if let place = values.firstIndex(where: { !$0.isFinite }) {
        throw VLMError(.policyMalformed, "element \(place) is \(values[place])", file: path, tensor: name)
      }
      return values
    }
    guard let width = shapes[Self.queryName]?.shape.dimensions.first,
      let chunk = shapes[Self.headPrefix + "gripper.mlp.6.weight"]?.shape.dimensions.first, chunk > 0
    else {
      throw VLMError(.policyMalformed, "there is no query and no head in it", file: path, tensor: Self.queryName)
    }
    query = try values(Self.queryName, [width])
    head = try FCDecoder(FCDecoder.Layout(hidden: width, chunk: chunk, armDimensions: settings.armDimensions)) {
      (name, inputs, outputs) throws(VLMError) in
      DenseLayer(
        inputs: inputs, outputs: outputs, weight: try values("\(Self.headPrefix)\(name).weight", [outputs, inputs]),
        bias: try values("\(Self.headPrefix)\(name).bias", [outputs]))
    }
  }

  /// Writes the file, whole or not at all; one that this tool wrote there is replaced.
  package func write(_ path: String) throws(VLMError) {
    func plan(_ name: String, _ values: [Float], _ shape: [Int]) -> PlannedTensor {
      .bytes(
        values.withUnsafeBytes(Array.init), descriptor: TensorDescriptor(name: name, dtype: .f32, shape: Shape(shape)))
    }
    var tensors = [plan(Self.queryName, query, [query.count])]
    for (name, layer) in head.layers {
      tensors.append(plan("\(Self.headPrefix)\(name).weight", layer.weight, [layer.outputs, layer.inputs]))
      tensors.append(plan("\(Self.headPrefix)\(name).bias", layer.bias, [layer.outputs]))
    }
    var writer = SafetensorsWriter()
    writer.metadata[PolicySettings.key] = settings.text
    try writer.write(tensors, toFile: path)
  }
}
