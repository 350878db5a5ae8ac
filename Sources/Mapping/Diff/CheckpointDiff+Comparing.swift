package import Tensors

extension VLMError.Code {
  package static let diffNotFinite = Self("mapping.diff.not-finite")
  package static let diffNothingInCommon = Self("mapping.diff.nothing-in-common")
}

extension CheckpointDiff {
  /// Compares every parameter that both checkpoints have, a slice at a time on all threads.
  ///
  /// Both are mapped to runtime parameters first, so names, layouts and containers make no difference; int8 codes
  /// count as their values. Memory is that of a few slices a thread, however large the checkpoints.
  ///
  /// - Parameter only: components to compare; empty compares all.
  /// - Throws: `diff.nothing-in-common` when no parameter can be compared, or what reading throws.
  package static func between(
    _ first: MappedCheckpoint, _ second: MappedCheckpoint, only: Set<ModelComponent> = [],
    progress: ProgressHandler? = nil
  ) throws -> CheckpointDiff {
    let plan = DiffPlan(first, second, only: only)
    guard !plan.pairs.isEmpty else {
      throw VLMError(
        .diffNothingInCommon,
        "has no parameter in common with \(first.path) (\(first.configuration.family), "
          + "\(second.configuration.family))",
        file: second.path,
        remedy: only.isEmpty ? "compare two checkpoints of one family" : "leave out --only")
    }
    let measures = try DiffRun(first, second, plan).run(progress: progress)
    return CheckpointDiff(first, second, plan, measures)
  }

  private init(
    _ first: MappedCheckpoint, _ second: MappedCheckpoint, _ plan: DiffPlan, _ measures: [DiffMeasure]
  ) {
    func side(_ checkpoint: MappedCheckpoint) -> Side {
      Side(
        path: checkpoint.path, family: checkpoint.configuration.family,
        dialect: checkpoint.isRuntime ? "runtime" : checkpoint.configuration.dialect)
    }
    self.first = side(first)
    self.second = side(second)
    let measured = zip(plan.pairs, measures).map { ($0, $1) }
    parameters = measured.map { pair, measure in
      Parameter(
        name: pair.name, component: pair.component,
        dtypes: [pair.first.descriptor.dtype.rawValue, pair.second.descriptor.dtype.rawValue],
        shape: pair.shape, likeness: measure.likeness,
        figures: Figures(measure.comparison, elements: pair.elements),
        sources: [first.publicNames(of: pair.name), second.publicNames(of: pair.name)])
    }
    components = ModelComponent.allCases.compactMap { component in
      Group(component.rawValue, measured.filter { $0.0.component == component }, sources: nil)
    }
    var modules: [(name: String, members: [(DiffPair, DiffMeasure)])] = []
    for (pair, measure) in measured {
      let name = Self.module(of: pair.name)
      if modules.last?.name == name {
        modules[modules.count - 1].members.append((pair, measure))
      } else {
        modules.append((name, [(pair, measure)]))
      }
    }
    self.modules = modules.compactMap { module in
      Group(
        module.name, module.members,
        sources: Self.modules(of: module.members.flatMap { first.publicNames(of: $0.0.name) }))
    }
    notFinite = measured.compactMap { pair, measure in
      // Squares of f32 do not leave f64: a sum that is not finite has a value that is none.
      let (one, other) = (!measure.comparison.first.isFinite, !measure.comparison.second.isFinite)
      return one || other ? NotFinite(name: pair.name, inFirst: one, inSecond: other) : nil
    }
    resized = plan.resized
    onlyInFirst = plan.onlyInFirst
    onlyInSecond = plan.onlyInSecond
    notes = plan.notes
    let sentence = Self.sentence(components, parameters, resized, onlyInFirst, onlyInSecond)
    let families = [first, second].map(\.configuration.family)
    summary =
      families[0] == families[1]
      ? sentence : "Two families, \(families[0]) and \(families[1]); of the parameters that go by one name: \(sentence)"
    stagesUntold = StageProof.obstacle(first, second, plan)
    stages =
      stagesUntold == nil
      ? StageProof(
        second, plan, measures,
        StageProof.Findings(components: components, modules: self.modules, parameters: parameters)) : nil
  }

  /// The modules that tensors belong to, each once: names without their last part.
  private static func modules(of tensors: [String]) -> [String] {
    var seen: Set<String> = []
    return tensors.map { name in
      name.lastIndex { $0 == "." || $0 == "/" }.map { String(name[..<$0]) } ?? name
    }.filter { seen.insert($0).inserted }
  }
}

extension CheckpointDiff.Group {
  fileprivate init?(_ name: String, _ members: [(DiffPair, DiffMeasure)], sources: [String]?) {
    guard !members.isEmpty else { return nil }
    self.name = name
    func count(_ likeness: CheckpointDiff.Likeness) -> Int { members.count { $0.1.likeness == likeness } }
    tensors = members.count
    identical = count(.identical)
    equal = count(.equal)
    rounded = count(.rounded)
    changed = count(.changed)
    var comparison = FloatComparison()
    for member in members { comparison += member.1.comparison }
    self.sources = sources
    figures = CheckpointDiff.Figures(comparison, elements: members.reduce(0) { $0 + $1.0.elements })
  }
}
