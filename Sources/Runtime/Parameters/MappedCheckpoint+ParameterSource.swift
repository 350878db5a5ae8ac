package import Checkpoints
package import Mapping
package import Tensors

extension MappedCheckpoint: ParameterSource {
  package var file: String? { path }

  package func int8(_ parameter: String) throws -> PackedWeights? {
    guard let (shape, scales) = try int8Scales(parameter) else { return nil }
    return try withBytes(of: parameter) { bytes in
      let codes = bytes.bindMemory(to: Int8.self)
      // A tensor without elements has no address; it has no outputs either, and layers have some.
      guard let base = codes.baseAddress else { return nil }
      return PackedWeights(codes: base, scales: scales, outputs: shape[0], inputs: shape[1])
    }
  }

  package func mapped(_ parameter: String) throws -> MappedWeights? {
    guard let weight = parameters[parameter], weight.shape.rank == 2, weight.shape[0] > 0,
      MappedWeights.supports(weight.dtype), let resident = try resident(parameter)
    else { return nil }
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    guard weight.dtype == .i8 else {
      return MappedWeights(resident, of: weight.dtype, outputs: outputs, inputs: inputs)
    }
    return try int8Scales(parameter).map {
      MappedWeights(codes: resident, scales: $0.scales, outputs: outputs, inputs: inputs)
    }
  }

  /// Extents and scales of a weight that is stored in int8 with one scale an output.
  private func int8Scales(_ parameter: String) throws -> (shape: Shape, scales: [Float])? {
    guard let weight = parameters[parameter], weight.dtype == .i8, weight.shape.rank == 2,
      let scale = self.scales(of: parameter), scale.shape == [weight.shape[0], 1]
    else { return nil }
    let scales = try floats(scale.name).values
    if let channel = scales.firstIndex(where: { !$0.isFinite }) {
      throw VLMError(
        .parameterNotFinite, "the scale of output channel \(channel) is \(Finiteness.word(scales[channel]))",
        file: path,
        tensor: scale.name, remedy: "quantize the checkpoint again")
    }
    return (weight.shape, scales)
  }
}
