internal import Formats
internal import Foundation
package import Tensors

extension VLMError.Code {
  package static let formatUnknown = Self("mapping.format.unknown")
}

/// What this program knows of checkpoints, as the texts it was built from: what `vlmtool formats` prints.
package struct FormatLibrary: Encodable, Sendable {
  /// A family in one naming dialect.
  package struct Family: Codable, Sendable, Equatable {
    /// `clip.kerashub`: what to ask for.
    package let name: String
    package let family: String
    package let dialect: String
    package let title: String
    /// Files in `formats/parts` that it uses.
    package let parts: [String]
    /// Values of `config.json` that mean it.
    package let config: String
  }

  /// A container, described in Markdown.
  package struct Container: Codable, Sendable, Equatable {
    package let name: String
    package let title: String
  }

  /// One of the texts.
  package struct Text: Codable, Sendable, Equatable {
    package let name: String
    /// `family`, `part`, `container` or `guide`.
    package let kind: String
    package let text: String
  }

  package let families: [Family]
  package let parts: [String]
  package let containers: [Container]
  private let catalog: FamilyCatalog

  private enum CodingKeys: String, CodingKey { case families, parts, containers }

  /// - Parameter familyFile: path of a family file to add to those compiled in.
  package init(adding familyFile: String? = nil) throws(VLMError) {
    catalog = try MappedCheckpoint.catalog(adding: familyFile)
    families = catalog.files.map { file in
      Family(
        name: file.id, family: file.family, dialect: file.dialect, title: file.title,
        parts: file.uses.map(\.part),
        config: FormatsReadme.markers(of: file))
    }
    parts = FamilyRegistry.parts.map { Self.stem($0.name) }
    containers = FamilyRegistry.containers.map { name, text in
      let heading = String(decoding: text, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("# ") }
      return Container(name: Self.stem(name), title: heading.map { String($0.dropFirst(2)) } ?? name)
    }
  }

  private static func stem(_ name: String) -> String { String(name.prefix { $0 != "." }) }

  /// The text of a family and dialect, of a family that has one dialect only, of a part, a container, or the `guide`.
  ///
  /// - Parameter resolved: with all that a family takes from its parts written out.
  /// - Throws: `format.unknown` with the names that are near.
  package func text(_ name: String, resolved: Bool = false) throws(VLMError) -> Text {
    if name == "guide" { return Text(name: name, kind: "guide", text: FormatsReadme.guide) }
    let dialects = catalog.files.filter { $0.id == name || $0.family == name }
    if dialects.count == 1 { return try familyText(dialects[0], resolved: resolved) }
    guard dialects.isEmpty else {
      throw VLMError(
        .formatUnknown, "the family \(name) has \(dialects.count) dialects",
        remedy: "ask for one: " + dialects.map(\.id).joined(separator: ", "))
    }
    let others =
      FamilyRegistry.parts.map { (kind: "part", file: $0.name, text: $0.text) }
      + FamilyRegistry.containers.map { (kind: "container", file: $0.name, text: $0.text) }
    if let found = others.first(where: { Self.stem($0.file) == name || $0.file == name }) {
      return Text(
        name: Self.stem(found.file), kind: found.kind, text: String(decoding: found.text, as: UTF8.self))
    }
    let known =
      families.map(\.name) + Set(families.map(\.family)) + parts + containers.map(\.name) + ["guide"]
    throw VLMError(
      .formatUnknown, "no family, part or container is called \"\(name)\"",
      remedy: NearestNames.suggestion(for: name, among: known) ?? "`vlmtool formats` lists them")
  }

  private func familyText(_ family: FamilyFile, resolved: Bool) throws(VLMError) -> Text {
    let data: Data
    if let builtIn = FamilyRegistry.files.first(where: { $0.name == family.file }) {
      data = Data(builtIn.text)
    } else {
      do {
        data = try Data(contentsOf: URL(filePath: family.file))
      } catch {
        throw VLMError(.familySyntax, "cannot be read", file: family.file, cause: error)
      }
    }
    let text =
      resolved
      ? try ResolvedFamily.text(data, file: family.file, parts: .builtIn())
      : String(decoding: data, as: UTF8.self)
    return Text(name: family.id, kind: "family", text: text)
  }
}
