internal import Foundation
package import Mapping
package import Tensors

/// The parameters of a model that was never trained, drawn as its authors draw them.
///
/// Every value is a function of seed, name and place alone, so it does not depend on threads or on what else is read.
package struct RandomParameters: ParameterSource, Sendable {
  private let inventory: ParameterInventory
  private let configuration: ModelConfiguration
  private let vision: VisionConfiguration
  private let seed: UInt64

  /// Throws when the configuration has no vision encoder.
  package init(_ configuration: ModelConfiguration, seed: UInt64) throws(VLMError) {
    guard let vision = configuration.vision else {
      throw VLMError(.noVisionEncoder, "the model has no vision encoder")
    }
    self.configuration = configuration
    self.vision = vision
    self.seed = seed
    inventory = ParameterInventory(configuration)
  }

  package func shape(of parameter: String) -> Shape? {
    inventory[parameter].flatMap { Shape(validating: $0.shape) }
  }

  package func floats(_ parameter: String) throws -> FloatTensor {
    let (shape, value) = try values(of: parameter)
    return FloatTensor(shape) { destination in
      nonisolated(unsafe) let destination = destination
      Parallel.forRanges(shape.count, grain: 1 << 14) { range in
        for index in range { destination[index] = value(index) }
      }
    }
  }

  package func floatRows(
    _ rows: Range<Int>, of parameter: String, into destination: UnsafeMutablePointer<Float>
  ) throws {
    let (shape, value) = try values(of: parameter)
    let width = shape.dimensions.dropFirst().reduce(1, *)
    for index in 0..<rows.count * width { destination[index] = value(rows.lowerBound * width + index) }
  }

  /// Extents of a parameter, and its value at each place.
  private func values(of parameter: String) throws -> (Shape, @Sendable (Int) -> Float) {
    guard let specification = inventory[parameter], let shape = shape(of: parameter) else {
      throw VLMError(.parameterMissing, "the model has no such parameter", tensor: parameter)
    }
    let (draw, distribution) = (Draw(seed: seed, name: parameter), distribution(of: specification))
    return (shape, { Float(draw.value($0, of: distribution)) })
  }

  private func distribution(of parameter: ParameterSpecification) -> ParameterDistribution {
    if parameter.component == .language, let language = configuration.language {
      return ParameterDistribution(parameter, in: language)
    }
    let owner =
      ModelConfiguration.encoder(ofParameter: parameter.name).map { configuration.encoders[$0.index] }
      ?? vision
    let projector = parameter.component == .projector ? configuration.projector : nil
    return ParameterDistribution(
      parameter, in: owner, isOwnProjector: projector.map { $0.kind.input != .pooled } ?? false,
      hasUnitOffset: projector?.unitOffsetNorm ?? false)
  }
}

/// A counter-based generator: SplitMix64's finaliser over (seed, name, place).
private struct Draw: Sendable {
  private let key: UInt64

  init(seed: UInt64, name: String) {
    key = SeededGenerator.mixed(SeededGenerator.hash(of: name) ^ SeededGenerator.mixed(seed))
  }

  func value(_ index: Int, of distribution: ParameterDistribution) -> Double {
    switch distribution {
    case .zeros: return 0
    case .ones: return 1
    case .constant(let value): return value
    case .normal(let deviation): return deviation * normal(UInt64(index))
    case .uniform(let bound): return bound * (2 * uniform(UInt64(index)) - 1)
    case .logUniform(let low, let high): return log(low + (high - low) * uniform(UInt64(index)))
    }
  }

  /// Box and Muller.
  private func normal(_ counter: UInt64) -> Double {
    let radius = (-2 * log(uniform(counter))).squareRoot()
    return radius * cos(2 * .pi * uniform(counter | 1 << 63))
  }

  /// In (0, 1).
  private func uniform(_ counter: UInt64) -> Double {
    SeededGenerator.uniform(SeededGenerator.mixed(key &+ counter &* SeededGenerator.increment))
  }
}
