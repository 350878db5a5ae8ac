internal import Formats
internal import Foundation
package import Tensors

/// The families this run knows: those compiled in, and those added with `--family-file`.
package struct FamilyCatalog: Sendable {
  /// By `family.dialect`, in that order.
  package private(set) var files: [FamilyFile]

  /// The families compiled into the program.
  package static func builtIn() throws(VLMError) -> FamilyCatalog { try parsed.get() }

  private static let parsed = Result { () throws(VLMError) in
    var files: [FamilyFile] = []
    for (name, text) in FamilyRegistry.files { files.append(try FamilyFile(parsing: Data(text), file: name)) }
    return try FamilyCatalog(files)
  }

  package init(_ files: [FamilyFile]) throws(VLMError) {
    self.files = files.sorted { $0.id < $1.id }
    for (one, other) in zip(self.files, self.files.dropFirst()) where one.id == other.id {
      throw VLMError(.familyAmbiguous, "\(one.id) is also in \(one.file)", file: other.file)
    }
    for file in self.files {
      guard let other = file.configurationOf else { continue }
      guard let target = self.files.first(where: { $0.id == other }), target.configurationOf == nil else {
        throw VLMError(
          .familyKey, "configurationOf names \"\(other)\", which is no family file with a configuration",
          file: file.file, remedy: NearestName.suggestion(for: other, among: self.files.map(\.id)))
      }
    }
  }

  /// The catalog with another file, which takes the place of one of the same family and dialect.
  package func adding(_ file: FamilyFile) throws(VLMError) -> FamilyCatalog {
    try FamilyCatalog(files.filter { $0.id != file.id } + [file])
  }

  package subscript(id: String) -> FamilyFile? { files.first { $0.id == id } }

  func sections(of file: FamilyFile) -> [ConfigurationSection] {
    file.configurationOf.flatMap { self[$0] }?.sections ?? file.sections
  }

  /// Finds the family by `config.json` and its dialect by the tensors' names.
  ///
  /// A dialect whose marker tensors are all there is taken; when a damaged file has lost them, the one whose
  /// rules know most of the names.
  func detect(_ config: JSONValue, tensors: [String], file: String) throws(VLMError) -> FamilyFile {
    let candidates = files.filter { $0.matches(config) }
    guard !candidates.isEmpty else {
      let model =
        config["model_type"]?.stringValue.map { "model_type \"\($0)\"" } ?? "a config.json without model_type"
      throw VLMError(
        .familyUnknown, "\(model) is no known family", file: file,
        remedy:
          "known: \(Set(files.map(\.family)).sorted().joined(separator: ", ")); add one with --family-file")
    }
    let names = Set(tensors)
    let marked = candidates.filter { $0.tensorMarkers.allSatisfy(names.contains) }
    if marked.count == 1 { return marked[0] }
    let ranked = (marked.isEmpty ? candidates : marked).map { file in
      (
        file: file,
        known: tensors.count { file.rule(forSource: $0) != nil || file.ignoreReason(forSource: $0) != nil }
      )
    }.sorted { $0.known > $1.known }
    guard let best = ranked.first, best.known * 2 > tensors.count,
      ranked.count == 1 || ranked[1].known < best.known
    else {
      let counts = ranked.map { "\($0.file.dialect) knows \($0.known)" }.joined(separator: ", ")
      throw VLMError(
        .dialectUnknown,
        "the tensor names are of no known dialect of \(candidates[0].title): of \(tensors.count), \(counts)",
        file: file, tensor: tensors.first,
        remedy: "say how the names map in a family file, and give it with --family-file")
    }
    return best.file
  }
}
