internal import Files
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
    let parts = try PartLibrary.builtIn()
    let texts = FamilyRegistry.files
    // A quarter of what `inspect` takes, so on all threads; the result does not depend on their order.
    return try FamilyCatalog(
      Parallel.map(texts.count) { (index) throws(VLMError) in
        try FamilyFile(parsing: Data(texts[index].1), file: texts[index].0, parts: parts)
      })
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
          file: file.file, remedy: NearestNames.suggestion(for: other, among: self.files.map(\.id)))
      }
    }
  }

  /// The catalog with another file, which takes the place of one of the same family and dialect.
  package func adding(_ file: FamilyFile) throws(VLMError) -> FamilyCatalog {
    try FamilyCatalog(files.filter { $0.id != file.id } + [file])
  }

  package subscript(id: String) -> FamilyFile? { files.first { $0.id == id } }

  /// The processors that `file` or the file whose configuration it shares names.
  package func processors(of file: FamilyFile) -> ProcessorClasses {
    let shared = file.configurationOf.flatMap { self[$0] }?.processors
    return ProcessorClasses(
      image: file.processors.image ?? shared?.image, joint: file.processors.joint ?? shared?.joint)
  }

  /// The library whose `config.json`, tokenizer and processors go with a dialect: that of the file whose configuration it shares.
  func filesLibrary(of file: FamilyFile) -> String {
    (file.configurationOf.flatMap { self[$0] } ?? file).library
  }

  /// The `config.json` that goes with `file`, whose `config` says what is otherwise than in that of the file whose configuration
  /// it shares.
  ///
  /// - Parameter base: what the latter is, where it is at hand.
  /// - Returns: `nil` where neither says what it is like.
  func config(
    of file: FamilyFile, for configuration: ModelConfiguration, over base: JSONValue? = nil
  ) throws(VLMError) -> JSONValue? {
    var below = base
    if below == nil { below = try file.configurationOf.flatMap { self[$0] }?.template?.value(configuration) }
    guard let own = try file.template?.value(configuration) else { return below }
    return below.map(own.over) ?? own
  }

  /// What a `config.json` at `path` says, read as `file` or the file whose configuration it shares tells.
  func configuration(
    of file: FamilyFile, config: JSONValue, tensors: Set<String>, path: String
  ) throws(VLMError) -> ModelConfiguration {
    let teller = file.configurationOf.flatMap { self[$0] } ?? file
    return try ModelConfiguration(
      family: file.family, dialect: file.dialect, sections: teller.sections,
      config: try teller.base?.completed(config, file: path) ?? config, tensors: tensors, file: path)
  }
}

extension PartLibrary {
  /// The parts compiled into the program.
  package static func builtIn() throws(VLMError) -> PartLibrary { try parsed.get() }

  private static let parsed = Result { () throws(VLMError) in
    var parts: [FamilyPart] = []
    for (name, text) in FamilyRegistry.parts { parts.append(try FamilyPart(parsing: Data(text), file: name)) }
    return PartLibrary(parts)
  }
}

extension FamilyCatalog {
  /// Every name that transformers' dialects of `family` have for the source tensors of a runtime parameter, sorted.
  package func sourceNames(ofParameter parameter: String, family: String) -> [String] {
    let own = files.filter { $0.family == family && $0.library == FamilyFile.standardLibrary }
    let names = own.flatMap { file -> [String] in
      guard let (rule, _, indexes) = file.rule(forParameter: parameter) else { return [] }
      return file.rules[rule].sources.map { $0.name(indexes) }
    }
    return Set(names).sorted()
  }
}
