internal import Files
package import Foundation
package import Tensors

/// Rules and configuration that family files share: a tower, a decoder, a projector; one file in `formats/parts`.
///
/// A part is written as if it stood alone. Whoever uses it says what its tensors' names start with and where in
/// `config.json` its settings are.
package struct FamilyPart: Sendable {
  package let name: String
  let body: FamilyBody
  /// Its own rules as it spells them.
  let listing: [RuleListing]

  /// Reads and checks a part.
  ///
  /// - Parameter file: its name in `formats/parts`.
  /// - Throws: as `FamilyFile`, for what can be told without the families that use it.
  package init(parsing data: Data, file: String) throws(VLMError) {
    name = file.hasSuffix(".json5") ? String(file.dropLast(6)) : file
    let file = "parts/\(file)"
    let root = try JSONValue(parsing: data, file: file, code: .familySyntax)
    let top = try FamilyKeys(file: file).object(root, "the file", required: [], optional: FamilyBody.keys)
    body = try FamilyBody(top, file: file)
    var parser = RuleParser(file: file)
    for entry in UnresolvedFamily.entries(body.rename, "rename", file) { try parser.addRename(entry) }
    for entry in UnresolvedFamily.entries(body.convert, "convert", file) { try parser.addConvert(entry) }
    for entry in UnresolvedFamily.entries(body.ignore, "ignore", file) { try parser.addIgnore(entry) }
    try parser.checkOverlaps()
    listing = parser.listing
  }
}

/// What a family file and a part both hold.
struct FamilyBody: Sendable {
  static let keys = ["parts", "base", "configuration", "rename", "convert", "ignore"]

  /// Where it was read from, for messages.
  let file: String
  let uses: [PartUse]
  let base: [String: JSONValue]
  let sections: [String: [String: JSONValue]]
  let rename: [JSONValue]
  let convert: [JSONValue]
  let ignore: [JSONValue]

  init(_ top: [String: JSONValue], file: String) throws(VLMError) {
    let keys = FamilyKeys(file: file)
    self.file = file
    var uses: [PartUse] = []
    for (index, value) in try keys.array(top["parts"] ?? .array([]), "parts").enumerated() {
      uses.append(try PartUse(value, keys, "parts[\(index)]"))
    }
    self.uses = uses
    base = try keys.object(
      top["base"] ?? .object([:]), "base", required: [], optional: ["at", "named", "standard", "known"])
    var sections: [String: [String: JSONValue]] = [:]
    let configuration = try keys.object(
      top["configuration"] ?? .object([:]), "configuration", required: [],
      optional: ModelConfiguration.sectionNames)
    for (name, fields) in configuration {
      sections[name] = try keys.object(fields, "configuration.\(name)", required: [], optional: nil)
    }
    self.sections = sections
    rename = try keys.array(top["rename"] ?? .array([]), "rename")
    convert = try keys.array(top["convert"] ?? .array([]), "convert")
    ignore = try keys.array(top["ignore"] ?? .array([]), "ignore")
  }
}

/// One use of a part.
struct PartUse: Sendable {
  let part: String
  /// What the names of the part's tensors start with here.
  let prefix: String
  /// Replaces the part's own `at`, `when` and `type`.
  let settings: [String: JSONValue]
  /// Rules of the part that do not hold here, by their sources as the part spells them.
  let without: Set<String>
  /// The section that the part's `vision` stands for here, when it is a second encoder's.
  let section: String?

  init(_ value: JSONValue, _ keys: FamilyKeys, _ place: String) throws(VLMError) {
    let members = try keys.object(
      value, place, required: ["use"], optional: ["prefix", "at", "when", "type", "as", "without"])
    part = try keys.string(members["use"]!, "\(place).use")
    guard let text = (members["prefix"] ?? .string("")).stringValue else {
      throw VLMError(.familyKey, "\(place).prefix is a text", file: keys.file)
    }
    prefix = text
    without = Set(try keys.strings(members["without"] ?? .array([]), "\(place).without"))
    settings = members.filter { ["at", "when", "type"].contains($0.key) }
    section = try members["as"].map { value throws(VLMError) in
      let name = try keys.string(value, "\(place).as")
      let further = ModelConfiguration.encoderSections.dropFirst().map(\.name)
      guard further.contains(name) else {
        let names = further.map { "\"\($0)\"" }.joined(separator: " or ")
        throw VLMError(.familyKey, "\(place).as can only be \(names)", file: keys.file)
      }
      return name
    }
  }
}

/// The parts this program knows, by name.
package struct PartLibrary: Sendable {
  private let parts: [String: FamilyPart]

  package init(_ parts: [FamilyPart]) {
    self.parts = Dictionary(parts.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
  }

  /// The part that is in every family, for a policy can be made of any.
  var policy: FamilyPart? { parts["vlm4vla-policy"] }

  func part(_ name: String, for file: String) throws(VLMError) -> FamilyPart {
    guard let part = parts[name] else {
      throw VLMError(
        .familyKey, "no part is called \"\(name)\"", file: file,
        remedy: NearestNames.suggestion(for: name, among: parts.keys)
          ?? "parts: \(parts.keys.sorted().joined(separator: ", "))")
    }
    return part
  }
}
