internal import Tensors

/// The mapping of a checkpoint in the runtime's own layout: names are themselves, only presence and shape are
/// checked.
struct RuntimeMapping {
  /// What precedes the name of a source tensor that the runtime does not use and carries along for the way
  /// back.
  static let carriedPrefix = "source."

  private let configuration: ModelConfiguration
  private let inventory: ParameterInventory

  init(_ configuration: ModelConfiguration, _ inventory: ParameterInventory) {
    self.configuration = configuration
    self.inventory = inventory
  }

  func apply(_ tensors: [TensorDescriptor]) -> (layouts: [String: TensorLayout], coverage: Coverage) {
    var coverage = Coverage()
    var layouts: [String: TensorLayout] = [:]
    let found = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
    for parameter in inventory.parameters {
      guard let tensor = found[parameter.name] else {
        if !parameter.isOptional {
          coverage.missing.append(
            Coverage.Defect(name: parameter.name, message: "missing: not in the checkpoint"))
        }
        continue
      }
      guard tensor.shape.dimensions == parameter.shape else {
        coverage.mismatches.append(
          Coverage.Defect(
            name: tensor.name,
            message: "shape is \(tensor.shape), the configuration asks for \(Shape(parameter.shape))"))
        continue
      }
      claim(tensor, &layouts, &coverage)
      guard tensor.dtype == .i8, parameter.role == .linear else { continue }
      addScale(of: tensor, found, &layouts, &coverage)
    }
    for tensor in tensors where layouts[tensor.name] == nil {
      if tensor.name.hasPrefix(Self.carriedPrefix) {
        coverage.ignored.append(
          Coverage.Ignored(tensor: tensor.name, reason: "carried along from the source, unused"))
      } else if !coverage.mismatches.contains(where: { $0.name == tensor.name }) {
        coverage.unclaimed.append(
          Coverage.Defect(name: tensor.name, message: "no parameter of this model has that name"))
      }
    }
    return (layouts, coverage)
  }

  private func claim(
    _ tensor: TensorDescriptor, _ layouts: inout [String: TensorLayout], _ coverage: inout Coverage
  ) {
    layouts[tensor.name] = TensorLayout(source: tensor.name, shape: tensor.shape.dimensions)
    coverage.claims.append(
      Coverage.Claim(sources: [tensor.name], parameters: [tensor.name], transforms: []))
  }

  private func addScale(
    of weight: TensorDescriptor, _ found: [String: TensorDescriptor], _ layouts: inout [String: TensorLayout],
    _ coverage: inout Coverage
  ) {
    let name = ScaledCodes.scaleName(of: weight.name)
    guard let scale = found[name] else {
      coverage.missing.append(Coverage.Defect(name: name, message: "missing: the scale of int8 codes"))
      return
    }
    let width = weight.shape[1]
    let granularity = configuration.quantization?.granularity ?? .channel
    let groups = granularity.divides(columns: width) ? granularity.scalesPerRow(columns: width) : 1
    // A layer whose rows the groups do not divide has one scale a row.
    guard scale.shape == Shape([weight.shape[0], groups]) || scale.shape == Shape([weight.shape[0], 1]) else {
      coverage.mismatches.append(
        Coverage.Defect(name: name, message: "shape is \(scale.shape), not [\(weight.shape[0]), \(groups)]"))
      return
    }
    claim(scale, &layouts, &coverage)
  }
}
