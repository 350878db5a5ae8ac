internal import Checkpoints
internal import Tensors

/// What the modules that an adapter changes are called in a checkpoint.
///
/// An adapter has the names of the modules that it was trained on, a checkpoint those of the library that wrote it; both are dialects of
/// the family, and the runtime's parameters stand between them.
struct AdapterNames {
  private let mapping: FamilyMapping
  private let dialects: [FamilyFile]
  private let tensors: Set<String>
  private let prefixes: [String]

  /// - Parameters:
  ///   - tensors: names of the checkpoint.
  ///   - prefixes: what the user takes from the beginning of names.
  init(_ mapping: FamilyMapping, _ catalog: FamilyCatalog, tensors: [String], prefixes: [String]) {
    self.mapping = mapping
    self.tensors = Set(tensors)
    self.prefixes = prefixes
    dialects = catalog.files.filter { $0.family == mapping.file.family }
  }

  /// The checkpoint's name of every tensor that the adapter changes.
  ///
  /// - Throws: `checkpoints.adapter.foreign` for the first that it does not have.
  func names(of adapter: LoRAAdapter) throws(VLMError) -> [String: String] {
    var (names, owners): ([String: String], [String: String]) = ([:], [:])
    for name in adapter.tensors {
      let found = stored(name)
      guard found.count == 1 else {
        let near = NearestNames.suggestion(for: name, among: tensors)
        throw VLMError(
          .adapterForeign,
          found.isEmpty
            ? "the model has no tensor that this adapter changes by that name"
            : "the adapter changes as one what the model keeps as \(found.count) tensors: \(found.joined(separator: ", "))",
          file: adapter.directory, tensor: name,
          remedy: [near, adapter.base.map { "it was trained on \($0)" }].compactMap(\.self).joined(separator: "; "))
      }
      if let other = owners.updateValue(name, forKey: found[0]) {
        throw VLMError(
          .adapterForeign, "and \(other) are one tensor in the model, \(found[0])", file: adapter.directory, tensor: name,
          remedy: "merge it with peft, which knows which comes first")
      }
      names[name] = found[0]
    }
    return names
  }

  private func stored(_ name: String) -> [String] {
    let plain = prefixes.reduce(name) { $0.hasPrefix($1) ? String($0.dropFirst($1.count)) : $0 }
    if tensors.contains(plain) { return [plain] }
    for dialect in dialects {
      guard let (rule, _, indexes) = dialect.rule(forSource: plain) else { continue }
      let parameters = dialect.rules[rule].parameters.map { $0.name(indexes) }
      let sources = Set(parameters.flatMap(mapping.sourceNames)).intersection(tensors)
      if !sources.isEmpty { return sources.sorted() }
    }
    return []
  }
}
