internal import Files
internal import Tensors

extension FamilyCatalog {
  /// Finds the family by `config.json` and its dialect by the tensors.
  ///
  /// A dialect whose marker tensors are all there is taken; when a damaged file has lost them, or dialects differ in
  /// layout only, the one whose rules know most of the names, with fewest pieces taken out of them and fewest wrong shapes.
  ///
  /// - Parameters:
  ///   - names: of `tensors`, in their order.
  ///   - mayRename: whether wrappers are looked for when some names are unknown to all dialects.
  /// - Returns: the dialect, and the names that it knows.
  func detect(
    _ config: JSONValue, tensors: [TensorDescriptor], names: PlainNames, mayRename: Bool, file: String
  ) throws(VLMError) -> (file: FamilyFile, names: PlainNames) {
    let candidates = files.filter { $0.matches(config) }
    guard !candidates.isEmpty else { throw unknownFamily(config, file) }
    var fits = candidates.map { FamilyFit($0, names) }
    if mayRename, !fits.contains(where: { $0.known == tensors.count }) {
      fits = candidates.map { FamilyFit($0, names.findingWrappers($0)) }
    }
    let marked = fits.filter(\.isMarked)
    if marked.count == 1 { return try marked[0].settled(file) }
    let ranked = (marked.isEmpty ? fits : marked).sorted { $1.rank < $0.rank }
    // What two copies of the weights leave unknown is not unknown.
    if let torn = ranked.first(where: { $0.known == ranked[0].known && $0.names.rivals != nil }) {
      return try torn.settled(file)
    }
    guard !marked.isEmpty || ranked[0].known * 2 > tensors.count else {
      throw unknownDialect(ranked, tensors, file)
    }
    var best = ranked.filter { $0.rank == ranked[0].rank }
    if best.count > 1 {
      let defects = best.map { defectCount($0, config, tensors, file) }
      best = best.indices.filter { defects[$0] == defects.min() }.map { best[$0] }
    }
    // Where nothing tells them apart, as in settings that no dialect can read, they are transformers' own.
    if best.count > 1 { best = best.filter { $0.file.library == FamilyFile.standardLibrary } }
    guard best.count == 1 else { throw unknownDialect(ranked, tensors, file) }
    return try best[0].settled(file)
  }

  /// A dialect, and how well it knows the names of a checkpoint's tensors.
  private struct FamilyFit {
    let file: FamilyFile
    let names: PlainNames
    let known: Int
    let isMarked: Bool

    init(_ file: FamilyFile, _ names: PlainNames) {
      self.file = file
      self.names = names
      known = names.plain.count(where: file.knows)
      let plain = Set(names.plain)
      isMarked = file.tensorMarkers.allSatisfy(plain.contains)
    }

    /// The higher the better.
    var rank: (known: Int, fewness: Int) { (known, -names.removals.count) }

    func settled(_ config: String) throws(VLMError) -> (file: FamilyFile, names: PlainNames) {
      guard let (one, other) = names.rivals else { return (file, names) }
      throw VLMError(
        .namesAmbiguous,
        "the tensors are \(file.title)'s without \(one.text), and as many are without \(other.text)",
        file: config,
        remedy: "say which with --prefix, and leave out the others with --ignore")
    }
  }

  /// How much is wrong with the tensors when they are taken for those of a dialect.
  private func defectCount(
    _ fit: FamilyFit, _ config: JSONValue, _ tensors: [TensorDescriptor], _ file: String
  ) -> Int {
    let dialect = fit.file
    guard
      let configuration = try? configuration(
        of: dialect, config: config, tensors: Set(fit.names.plain), path: file)
    else { return .max }
    let renamed = zip(tensors, fit.names.plain).map {
      TensorDescriptor(name: $1, dtype: $0.dtype, shape: $0.shape)
    }
    let coverage = FamilyMapping(dialect, configuration).apply(renamed).coverage
    return coverage.mismatches.count + coverage.missing.count + coverage.unclaimed.count
  }

  private func unknownFamily(_ config: JSONValue, _ file: String) -> VLMError {
    let model = config["model_type"]?.stringValue
    let policy = model == nil ? config["type"]?.stringValue : nil
    if let refusal = policy.flatMap({ PolicyTypes.refusal(of: $0, file: file) }) { return refusal }
    // A family of that type may be known with another language model inside.
    for family in files where model != nil {
      for markers in family.configMarkers {
        guard markers.contains(where: { $0.field == "model_type" && $0.matches(config) }),
          let odd = markers.first(where: { !$0.matches(config) })
        else { continue }
        let known = files.filter { $0.title == family.title }.flatMap(\.configMarkers).joined()
          .filter { $0.field == odd.field }.flatMap(\.values).compactMap(\.stringValue)
        return VLMError(
          .familyUnknown,
          "\(family.title) with \(odd.field) \(config.at(odd.field)?.summary ?? "missing") is not known",
          file: file,
          remedy: "known: \(Set(known).sorted().joined(separator: ", ")); add one with --family-file")
      }
    }
    let found =
      model.map { "model_type \"\($0)\"" } ?? policy.map { "the policy \"\($0)\"" }
      ?? config.at("general.architecture")?.stringValue.map { "\"\($0)\" of llama.cpp" }
      ?? "a config.json without model_type"
    return VLMError(
      .familyUnknown, "\(found) is no known family", file: file,
      remedy:
        "known: \(Set(files.map(\.family)).sorted().joined(separator: ", ")); add one with --family-file")
  }

  private func unknownDialect(
    _ ranked: [FamilyFit], _ tensors: [TensorDescriptor], _ file: String
  ) -> VLMError {
    let counts = ranked.map { "\($0.file.dialect) knows \($0.known)" }.joined(separator: ", ")
    return VLMError(
      .dialectUnknown,
      "the tensor names are of no known dialect of \(ranked[0].file.title): of \(tensors.count), \(counts)",
      file: file, tensor: tensors.first?.name,
      remedy: "say how the names map in a family file, and give it with --family-file")
  }
}
