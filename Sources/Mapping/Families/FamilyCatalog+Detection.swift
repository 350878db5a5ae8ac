internal import Tensors

extension FamilyCatalog {
  /// Finds the family by `config.json` and its dialect by the tensors.
  ///
  /// A dialect whose marker tensors are all there is taken; when a damaged file has lost them, or dialects differ in
  /// layout only, the one whose rules know most of the names and fewest wrong shapes.
  func detect(
    _ config: JSONValue, tensors: [TensorDescriptor], file: String
  ) throws(VLMError) -> FamilyFile {
    let candidates = files.filter { $0.matches(config) }
    guard !candidates.isEmpty else { throw unknownFamily(config, file) }
    let names = Set(tensors.map(\.name))
    let marked = candidates.filter { $0.tensorMarkers.allSatisfy(names.contains) }
    if marked.count == 1 { return marked[0] }
    let ranked = (marked.isEmpty ? candidates : marked).map { file in
      (
        file: file,
        known: names.count { file.rule(forSource: $0) != nil || file.ignoreReason(forSource: $0) != nil }
      )
    }.sorted { $0.known > $1.known }
    var best = ranked.filter { $0.known == ranked[0].known }.map(\.file)
    guard ranked[0].known * 2 > tensors.count else { throw unknownDialect(ranked, tensors, file) }
    if best.count > 1 {
      let defects = best.map { defectCount($0, config, tensors, names, file) }
      best = best.indices.filter { defects[$0] == defects.min() }.map { best[$0] }
    }
    guard best.count == 1 else { throw unknownDialect(ranked, tensors, file) }
    return best[0]
  }

  /// How much is wrong with the tensors when they are taken for those of a dialect.
  private func defectCount(
    _ dialect: FamilyFile, _ config: JSONValue, _ tensors: [TensorDescriptor], _ names: Set<String>,
    _ file: String
  ) -> Int {
    guard
      let configuration = try? ModelConfiguration(
        family: dialect.family, dialect: dialect.dialect, sections: sections(of: dialect), config: config,
        tensors: names, file: file)
    else { return .max }
    let coverage = FamilyMapping(dialect, configuration).apply(tensors).coverage
    return coverage.mismatches.count + coverage.missing.count + coverage.unclaimed.count
  }

  private func unknownFamily(_ config: JSONValue, _ file: String) -> VLMError {
    let model = config["model_type"]?.stringValue
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
    return VLMError(
      .familyUnknown,
      "\(model.map { "model_type \"\($0)\"" } ?? "a config.json without model_type") is no known family",
      file: file,
      remedy:
        "known: \(Set(files.map(\.family)).sorted().joined(separator: ", ")); add one with --family-file")
  }

  private func unknownDialect(
    _ ranked: [(file: FamilyFile, known: Int)], _ tensors: [TensorDescriptor], _ file: String
  ) -> VLMError {
    let counts = ranked.map { "\($0.file.dialect) knows \($0.known)" }.joined(separator: ", ")
    return VLMError(
      .dialectUnknown,
      "the tensor names are of no known dialect of \(ranked[0].file.title): of \(tensors.count), \(counts)",
      file: file, tensor: tensors.first?.name,
      remedy: "say how the names map in a family file, and give it with --family-file")
  }
}
