package import Checkpoints
package import Mapping
package import Tensors

/// A checkpoint's parameters, some of them changed on the way: what it is to plant a fault in a model.
package struct ChangedParameters: ParameterSource {
  private let checkpoint: MappedCheckpoint
  private let isChanged: @Sendable (String) -> Bool
  private let change: @Sendable (_ parameter: String, FloatTensor) throws -> FloatTensor

  /// - Parameters:
  ///   - isChanged: says so of a parameter by its name; the token embedding never is.
  ///   - change: gives another value of the same shape.
  package init(
    _ checkpoint: MappedCheckpoint, where isChanged: @escaping @Sendable (String) -> Bool,
    _ change: @escaping @Sendable (_ parameter: String, FloatTensor) throws -> FloatTensor
  ) {
    self.checkpoint = checkpoint
    self.isChanged = isChanged
    self.change = change
  }

  package var file: String? { checkpoint.file }

  package func shape(of parameter: String) -> Shape? { checkpoint.shape(of: parameter) }

  package func floats(_ parameter: String) throws -> FloatTensor {
    let values = try checkpoint.floats(parameter)
    return isChanged(parameter) ? try change(parameter, values) : values
  }

  package func floatRows(
    _ rows: Range<Int>, of parameter: String, into destination: UnsafeMutablePointer<Float>
  ) throws { try checkpoint.floatRows(rows, of: parameter, into: destination) }

  package func int8(_ parameter: String) throws -> PackedWeights? {
    isChanged(parameter) ? nil : try checkpoint.int8(parameter)
  }

  package func inputRounding(_ parameter: String) -> InputRounding? { checkpoint.inputRounding(parameter) }

  package func mapped(_ parameter: String) throws -> MappedWeights? {
    isChanged(parameter) ? nil : try checkpoint.mapped(parameter)
  }
}
