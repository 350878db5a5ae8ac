internal import Tensors

/// A parameter of two checkpoints, where each has it.
struct DiffPair: Sendable {
  /// A parameter of one checkpoint.
  struct Place: Sendable {
    let descriptor: TensorDescriptor
    let layout: TensorLayout
    /// The scales of int8 codes.
    let scale: TensorDescriptor?
  }

  let name: String
  let component: ModelComponent
  let first: Place
  let second: Place
  /// What is compared: all of it, or the leading rows that both have.
  let shape: [Int]
  var elements: Int { TensorLayout.product(shape) ?? 0 }
}

/// What two checkpoints have in common and what not, from headers alone.
struct DiffPlan {
  private(set) var pairs: [DiffPair] = []
  private(set) var resized: [CheckpointDiff.Resized] = []
  private(set) var onlyInFirst: [String] = []
  private(set) var onlyInSecond: [String] = []
  private(set) var notes: [String] = []
  /// Of every parameter of either.
  private(set) var components: [String: ModelComponent] = [:]

  init(_ first: MappedCheckpoint, _ second: MappedCheckpoint, only: Set<ModelComponent>) {
    let inFirst = Set(first.inventory.parameters.map(\.name))
    let parameters =
      first.inventory.parameters + second.inventory.parameters.filter { !inFirst.contains($0.name) }
    for parameter in parameters where only.isEmpty || only.contains(parameter.component) {
      let name = parameter.name
      // A tied head that neither stores is the embedding, which has its own turn.
      guard first.parameters[name] != nil || second.parameters[name] != nil else { continue }
      components[name] = parameter.component
      switch (Self.place(name, in: first), Self.place(name, in: second)) {
      case (let one?, let other?): add(name, parameter.component, one, other)
      case (_?, nil): onlyInFirst.append(name)
      default: onlyInSecond.append(name)
      }
    }
    if first.configuration.family != second.configuration.family {
      notes.append(
        "The families differ (\(first.configuration.family), \(second.configuration.family)): "
          + "parameters are compared by name.")
    }
  }

  private mutating func add(
    _ name: String, _ component: ModelComponent, _ first: DiffPair.Place, _ second: DiffPair.Place
  ) {
    let shapes = [first.descriptor.shape.dimensions, second.descriptor.shape.dimensions]
    var shape = shapes[0]
    if shapes[0] != shapes[1] {
      let rows = min(shapes[0].first ?? 0, shapes[1].first ?? 0)
      let isComparable = rows > 0 && shapes[0].dropFirst() == shapes[1].dropFirst()
      resized.append(
        CheckpointDiff.Resized(name: name, shapes: shapes, comparedRows: isComparable ? rows : nil))
      guard isComparable else { return }
      shape[0] = rows
    }
    pairs.append(DiffPair(name: name, component: component, first: first, second: second, shape: shape))
  }

  /// Where a checkpoint has a parameter; a tied head that is not stored is its token embedding.
  private static func place(_ name: String, in checkpoint: MappedCheckpoint) -> DiffPair.Place? {
    var stored = name
    if checkpoint.parameters[name] == nil, name == "language.head.weight",
      checkpoint.configuration.language?.tiedEmbeddings == true
    {
      stored = "language.token_embedding.weight"
    }
    guard let descriptor = checkpoint.parameters[stored], let layout = checkpoint.layouts[stored] else {
      return nil
    }
    return DiffPair.Place(
      descriptor: descriptor, layout: layout, scale: checkpoint.scales(of: stored))
  }
}
