internal import Files
package import Foundation
package import Tensors

extension FamilyFile {
  /// Reads and checks a family file.
  ///
  /// - Parameter file: what messages call it.
  /// - Throws: `VLMError` for bad JSON5, an unknown key, a bad pattern or transform, a rule that cannot be
  ///   undone, and rules that claim the same tensor or fill the same parameter.
  package init(parsing data: Data, file: String, parts: PartLibrary) throws(VLMError) {
    let root = try JSONValue(parsing: data, file: file, code: .familySyntax)
    let keys = FamilyKeys(file: file)
    let top = try keys.object(
      root, "the file", required: ["family", "dialect", "title", "detect"],
      optional: FamilyBody.keys + ["library", "readOnly", "imageProcessor", "processor", "configurationOf", "config", "caveats", "refuse"])
    self.file = file
    family = try keys.identifier(top["family"]!, "family")
    dialect = try keys.identifier(top["dialect"]!, "dialect")
    title = try keys.string(top["title"]!, "title")
    library = try keys.identifier(top["library"] ?? .string(Self.standardLibrary), "library")
    isReadOnly = try keys.boolean(top["readOnly"] ?? .bool(false), "readOnly")

    let detect = try keys.object(top["detect"]!, "detect", required: ["config", "tensors"], optional: [])
    configMarkers = try keys.markers(detect["config"]!)
    tensorMarkers = try keys.strings(detect["tensors"]!, "detect.tensors")
    processors = ProcessorClasses(
      image: try top["imageProcessor"].map { value throws(VLMError) in try keys.string(value, "imageProcessor") },
      joint: try top["processor"].map { value throws(VLMError) in try keys.string(value, "processor") })

    let body = try FamilyBody(top, file: file)
    var unresolved = try UnresolvedFamily(body, parts)
    unresolved.addPolicy(parts)
    uses = body.uses.map { ($0.part, $0.prefix) }
    configurationOf = try top["configurationOf"].map { value throws(VLMError) in
      try keys.string(value, "configurationOf")
    }
    guard configurationOf == nil || body.sections.isEmpty else {
      throw VLMError(.familyKey, "configuration and configurationOf exclude each other", file: file)
    }
    guard configurationOf != nil || top["configuration"] != nil || !unresolved.sections.isEmpty else {
      throw VLMError(.familyKey, "exactly one of configuration and configurationOf must be there", file: file)
    }
    sections = configurationOf == nil ? try keys.sections(unresolved) : []
    base = unresolved.base.isEmpty ? nil : try BaseConfiguration(unresolved.base, keys)
    guard configurationOf == nil || base == nil else {
      throw VLMError(.familyKey, "base and configurationOf exclude each other", file: file)
    }

    template = try top["config"].map { value throws(VLMError) in try ConfigTemplate(value, file: file) }
    caveats = try keys.reasons(top["caveats"], "caveats", field: "caveats")
    refusals = try keys.reasons(top["refuse"], "refuse", field: "refuse")

    var parser = RuleParser(file: file)
    for entry in unresolved.rename { try parser.addRename(entry) }
    for entry in unresolved.convert { try parser.addConvert(entry) }
    for entry in unresolved.ignore { try parser.addIgnore(entry) }
    parser.file = file
    try parser.checkOverlaps()
    rules = parser.rules
    ignores = parser.ignores
    ignoredTrees = parser.ignoredTrees
    listing = parser.listing
    bySource = parser.keys(\.sources)
    byParameter = parser.keys(\.parameters)
    byIgnored = parser.ignores.enumerated().reduce(into: [:]) { keys, ignore in
      for form in ignore.element.template.forms { keys[form.key, default: []].append(ignore.offset) }
    }
  }

  /// Reads and checks a family file on disk, for `--family-file`.
  package init(path: String, parts: PartLibrary) throws(VLMError) {
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw VLMError(.familySyntax, "cannot be read", file: path, cause: error)
    }
    try self.init(parsing: data, file: path, parts: parts)
  }
}
