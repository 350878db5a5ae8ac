extension FamilyCatalog {
  /// Every name that the dialects of `family` have for the source tensors of a runtime parameter, sorted.
  package func sourceNames(ofParameter parameter: String, family: String) -> [String] {
    let names = files.filter { $0.family == family }.flatMap { file -> [String] in
      guard let (rule, _, indexes) = file.rule(forParameter: parameter) else { return [] }
      return file.rules[rule].sources.map { $0.name(indexes) }
    }
    return Set(names).sorted()
  }
}
