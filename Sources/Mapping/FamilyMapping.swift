internal import Tensors

/// The mapping of one checkpoint: a family file, and the configuration its `config.json` gives.
struct FamilyMapping: Sendable {
  let file: FamilyFile
  let configuration: ModelConfiguration
  let inventory: ParameterInventory
  private let symbols: ConfigurationSymbols

  init(_ file: FamilyFile, _ configuration: ModelConfiguration) {
    self.file = file
    self.configuration = configuration
    inventory = ParameterInventory(configuration)
    symbols = ConfigurationSymbols(configuration)
  }

  /// The sources of one use of a rule: same rule, same indexes.
  private struct Instance: Hashable {
    let rule: Int
    let indexes: [String: Int]
  }

  // MARK: Source to runtime

  /// Says where the elements of every parameter lie in the source, and what became of every source tensor.
  ///
  /// Never throws for what the checkpoint holds: everything wrong is in the coverage.
  func apply(_ tensors: [TensorDescriptor]) -> (layouts: [String: TensorLayout], coverage: Coverage) {
    var coverage = Coverage()
    var layouts: [String: TensorLayout] = [:]
    var instances: [Instance: [Int: TensorDescriptor]] = [:]
    var order: [Instance] = []
    var unknown: [String] = []
    for tensor in tensors {
      if let (rule, position, found) = file.rule(forSource: tensor.name),
        let indexes = counted(found, file.rules[rule].sources[position])
      {
        var key = indexes
        var place = position
        if let list = file.rules[rule].listIndex, file.rules[rule].listIsInSource {
          place += (key.removeValue(forKey: list) ?? 0) * file.rules[rule].sources.count
        }
        let instance = Instance(rule: rule, indexes: key)
        if instances[instance] == nil { order.append(instance) }
        instances[instance, default: [:]][place] = tensor
      } else if let reason = file.ignoreReason(forSource: tensor.name) {
        coverage.ignored.append(Coverage.Ignored(tensor: tensor.name, reason: reason))
      } else {
        unknown.append(tensor.name)
      }
    }
    for instance in order { claim(instance, instances[instance]!, &layouts, &coverage) }
    finish(&coverage, layouts, unknown, Set(tensors.map(\.name)))
    return (layouts, coverage)
  }

  private func claim(
    _ instance: Instance, _ found: [Int: TensorDescriptor], _ layouts: inout [String: TensorLayout],
    _ coverage: inout Coverage
  ) {
    let rule = file.rules[instance.rule]
    let tensors = found.sorted { $0.key < $1.key }.map(\.value)
    let parameters = parameterNames(rule, instance.indexes, unstacking: tensors[0])
    let specifications = parameters.compactMap { inventory[$0] }
    guard specifications.count == parameters.count else {
      let surplus = parameters.first { inventory[$0] == nil } ?? rule.parameters[0].name(instance.indexes)
      if rule.listIndex != nil, !rule.listIsInSource, !specifications.isEmpty {
        // One tensor holds too many of them (experts).
        coverage.mismatches.append(
          Coverage.Defect(
            name: tensors[0].name,
            message: "shape is \(tensors[0].shape), the configuration asks for no `\(surplus)` in it"))
        return
      }
      coverage.unclaimed += tensors.map {
        Coverage.Defect(
          name: $0.name, message: "is `\(surplus)`, which a model of this configuration does not have")
      }
      return
    }
    let needed = rule.count(of: rule.sources, reaching: found.keys.max()!, isList: rule.listIsInSource)
    guard needed <= found.count + 4096 else {
      coverage.unclaimed.append(
        Coverage.Defect(
          name: tensors[tensors.count - 1].name, message: "its index is far beyond those of its siblings"))
      return
    }
    guard found.count == needed else {
      let absent = (0..<needed).filter { found[$0] == nil }.map { sourceName(rule, $0, instance.indexes) }
      coverage.missing += parameters.map {
        Coverage.Defect(
          name: $0, message: "missing: source `\(absent.joined(separator: "`, `"))` not in the checkpoint")
      }
      return
    }
    do throws(VLMError) {
      let results = try rule.apply(
        tensors.map { TensorLayout(source: $0.name, shape: $0.shape.dimensions) },
        expected: specifications.map(\.shape), symbols)
      for (specification, layout) in zip(specifications, results) where layout.shape != specification.shape {
        throw TensorLayout.unsupported(
          "shape is \(tensors[0].shape), the configuration asks for \(Shape(specification.shape)) "
            + "(`\(specification.name)`)"
        )
      }
      for (specification, layout) in zip(specifications, results) { layouts[specification.name] = layout }
      coverage.claims.append(
        Coverage.Claim(sources: tensors.map(\.name), parameters: parameters, transforms: rule.transforms))
    } catch {
      coverage.mismatches.append(Coverage.Defect(name: tensors[0].name, message: error.message))
    }
  }

  /// Names of the parameters that one use of a rule fills.
  private func parameterNames(
    _ rule: MappingRule, _ indexes: [String: Int], unstacking source: TensorDescriptor
  ) -> [String] {
    guard rule.listIndex != nil, !rule.listIsInSource else { return rule.parameters.map { $0.name(indexes) } }
    let layout = TensorLayout(source: source.name, shape: source.shape.dimensions)
    let count = min((try? rule.stackedCount(layout, symbols)) ?? 1, 1 << 16)
    return (0..<(count * rule.parameters.count)).map { rule.name(rule.parameters, $0, indexes) }
  }

  private func sourceName(_ rule: MappingRule, _ position: Int, _ indexes: [String: Int]) -> String {
    let indexes = listed(indexes, rule.sources[position % rule.sources.count])
    return rule.listIsInSource
      ? rule.name(rule.sources, position, indexes) : rule.sources[position].name(indexes)
  }

  /// Indexes as the runtime counts them, of those that stand in a source's name; `nil` for one that its list does not have.
  private func counted(_ found: [String: Int], _ template: NameTemplate) -> [String: Int]? {
    var indexes = found
    for (name, list) in template.lists {
      guard let place = symbols.list(list).firstIndex(where: { $0 == found[name] }) else { return nil }
      indexes[name] = place
    }
    return indexes
  }

  /// The way back.
  private func listed(_ indexes: [String: Int], _ template: NameTemplate) -> [String: Int] {
    var written = indexes
    for (name, list) in template.lists {
      let numbers = symbols.list(list)
      if let place = indexes[name], numbers.indices.contains(place) { written[name] = numbers[place] }
    }
    return written
  }

  /// Adds what nothing fills and what nobody knows, each with the name that was probably meant.
  private func finish(
    _ coverage: inout Coverage, _ layouts: [String: TensorLayout], _ unknown: [String], _ names: Set<String>
  ) {
    let explained = Set(coverage.missing.map(\.name))
    let faulty = Set(coverage.mismatches.map(\.name))
    let missing = inventory.parameters.filter {
      !$0.isOptional && layouts[$0.name] == nil && !explained.contains($0.name)
        && (faulty.isEmpty || faulty.isDisjoint(with: sourceNames(ofParameter: $0.name)))
    }
    for (index, parameter) in missing.enumerated() {
      guard let source = sourceNames(ofParameter: parameter.name).first else {
        coverage.missing.append(
          Coverage.Defect(name: parameter.name, message: "missing: no rule of \(file.id) fills it"))
        continue
      }
      let near = index < 16 ? NearestNames.nearest(to: source, among: unknown) : nil
      coverage.missing.append(
        Coverage.Defect(
          name: parameter.name,
          message: "missing: source `\(source)` not in the checkpoint"
            + (near.map { "; it has `\($0)`, which no rule knows" } ?? "")))
    }
    let wanted = missing.flatMap { sourceNames(ofParameter: $0.name) }
    for (index, name) in unknown.enumerated() {
      let near = index < 16 ? NearestNames.nearest(to: name, among: wanted) : nil
      guard !name.contains(".lora_") && !name.contains(".modules_to_save.") else {
        coverage.unclaimed.append(
          Coverage.Defect(
            name: name,
            message: "belongs to an adapter that is not merged; peft's merge_and_unload() does that"))
        continue
      }
      coverage.unclaimed.append(
        Coverage.Defect(
          name: name,
          message: "no rule of \(file.id) claims it"
            + (near.map { "; did it mean `\($0)`, which is missing?" } ?? "")))
    }
    let place = Dictionary(uniqueKeysWithValues: inventory.parameters.enumerated().map { ($1.name, $0) })
    coverage.claims.sort { (place[$0.parameters[0]] ?? 0) < (place[$1.parameters[0]] ?? 0) }
  }

  // MARK: Runtime to source

  /// Source names that a parameter is made of, by the rules alone.
  func sourceNames(ofParameter name: String) -> [String] {
    guard let (rule, _, indexes) = file.rule(forParameter: name) else { return [] }
    return file.rules[rule].sources.indices.map { sourceName(file.rules[rule], $0, indexes) }
  }

  /// Says where the elements of every source tensor lie in the parameters: the way back.
  ///
  /// - Parameter parameters: the layout of every parameter there is.
  /// - Throws: when a parameter has no rule, or its siblings are not there.
  func invert(_ parameters: [String: TensorLayout]) throws(VLMError) -> [(
    claim: Coverage.Claim, layouts: [TensorLayout]
  )] {
    var instances: [Instance: [Int: String]] = [:]
    for name in parameters.keys {
      guard let (rule, position, indexes) = file.rule(forParameter: name) else {
        throw VLMError(.coverageUnclaimed, "no rule of \(file.id) leads back from it", tensor: name)
      }
      var key = indexes
      var place = position
      if let list = file.rules[rule].listIndex, !file.rules[rule].listIsInSource {
        place += (key.removeValue(forKey: list) ?? 0) * file.rules[rule].parameters.count
      }
      instances[Instance(rule: rule, indexes: key), default: [:]][place] = name
    }
    var results: [(claim: Coverage.Claim, layouts: [TensorLayout])] = []
    for (instance, found) in instances {
      let rule = file.rules[instance.rule]
      let names = found.sorted { $0.key < $1.key }.map(\.value)
      let needed = rule.count(
        of: rule.parameters, reaching: found.keys.max()!, isList: !rule.listIsInSource)
      guard found.count == needed else {
        throw VLMError(
          .coverageMissing, "only some of the \(needed) parameters that make up one source tensor are there",
          tensor: names[0])
      }
      results.append(try invert(rule, instance.indexes, names, parameters))
    }
    return results.sorted { $0.claim.sources[0] < $1.claim.sources[0] }
  }

  private func invert(
    _ rule: MappingRule, _ indexes: [String: Int], _ names: [String],
    _ parameters: [String: TensorLayout]
  ) throws(VLMError) -> (claim: Coverage.Claim, layouts: [TensorLayout]) {
    var sources = rule.sources.indices.map { sourceName(rule, $0, indexes) }
    if rule.listIndex != nil, rule.listIsInSource,
      let axis = rule.transforms.first(where: \.fansIn)?.fanAxis.axis
    {
      let shape = parameters[names[0]]!.shape
      let count = axis < shape.count ? shape[axis] : 1
      sources = (0..<count).map { sourceName(rule, $0, indexes) }
    }
    do throws(VLMError) {
      let layouts = try rule.undo(names.map { parameters[$0]! }, count: sources.count, symbols)
      return (Coverage.Claim(sources: sources, parameters: names, transforms: rule.transforms), layouts)
    } catch {
      throw VLMError(.coverageTransform, error.message, tensor: names[0], cause: error)
    }
  }
}
