package import Mapping
package import Tensors

extension MappedCheckpoint: ParameterSource {
  package func int8(_ parameter: String) throws -> PackedWeights? {
    guard let weight = parameters[parameter], weight.dtype == .i8, weight.shape.rank == 2,
      parameters["\(parameter)_scale"]?.shape == [weight.shape[0], 1]
    else { return nil }
    let scales = try floats("\(parameter)_scale").values
    return try withBytes(of: parameter) { bytes in
      let codes = bytes.bindMemory(to: Int8.self)
      // A tensor without elements has no address; it has no outputs either, and layers have some.
      guard let base = codes.baseAddress else { return nil }
      return PackedWeights(codes: base, scales: scales, outputs: weight.shape[0], inputs: weight.shape[1])
    }
  }
}
