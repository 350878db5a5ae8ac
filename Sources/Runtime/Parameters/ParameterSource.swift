package import Tensors

/// Where a model's parameters come from, under the runtime's names.
package protocol ParameterSource {
  /// Extents of a parameter, or `nil` when the model has none of that name.
  func shape(of parameter: String) -> Shape?

  /// A parameter in f32, whatever it is stored in (int8 codes multiplied by their scales).
  func floats(_ parameter: String) throws -> FloatTensor
}

extension ParameterSource {
  func has(_ parameter: String) -> Bool { shape(of: parameter) != nil }

  /// A parameter that must exist with exactly these extents.
  func floats(_ parameter: String, _ shape: Shape) throws -> FloatTensor {
    guard let found = self.shape(of: parameter) else {
      throw VLMError(.parameterMissing, "the checkpoint has no such parameter", tensor: parameter)
    }
    guard found == shape else {
      throw VLMError(
        .parameterShape, "is \(found), the configuration asks for \(shape)", tensor: parameter,
        remedy: "config.json does not belong to these weights")
    }
    return try floats(parameter)
  }
}
