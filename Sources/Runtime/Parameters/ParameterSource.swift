package import Checkpoints
package import Tensors

/// Where a model's parameters come from, under the runtime's names.
package protocol ParameterSource: Sendable {
  /// What they are read from, for messages.
  var file: String? { get }

  /// Extents of a parameter, or `nil` when the model has none of that name.
  func shape(of parameter: String) -> Shape?

  /// A parameter in f32, whatever it is stored in (int8 codes multiplied by their scales).
  func floats(_ parameter: String) throws -> FloatTensor

  /// Writes rows of a float parameter in f32, without reading the others where that can be.
  func floatRows(_ rows: Range<Int>, of parameter: String, into destination: UnsafeMutablePointer<Float>)
    throws

  /// A linear weight as it is stored in int8 with one scale an output; `nil` when it is not stored so.
  func int8(_ parameter: String) throws -> PackedWeights?

  /// A linear weight where it lies in a mapped file, to be used without a copy; `nil` when it lies nowhere or in pieces.
  func mapped(_ parameter: String) throws -> MappedWeights?

  /// How what comes into the layer of a weight is rounded where the model runs as stored; `nil`: not at all.
  func inputRounding(_ parameter: String) -> InputRounding?

  /// The weights that a layer is to use, for those that were made of a parameter.
  func used(_ weights: any LinearWeights, as parameter: String) -> any LinearWeights
}

extension ParameterSource {
  package var file: String? { nil }
  package func int8(_ parameter: String) throws -> PackedWeights? { nil }
  package func mapped(_ parameter: String) throws -> MappedWeights? { nil }
  package func inputRounding(_ parameter: String) -> InputRounding? { nil }
  package func used(_ weights: any LinearWeights, as parameter: String) -> any LinearWeights { weights }

  package func floatRows(
    _ rows: Range<Int>, of parameter: String, into destination: UnsafeMutablePointer<Float>
  ) throws {
    let values = try floats(parameter)
    destination.update(
      from: values.base + rows.lowerBound * values.rowWidth, count: rows.count * values.rowWidth)
  }
}
