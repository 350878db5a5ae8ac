internal import Files
internal import Foundation
internal import Tensors

/// A family file with all that it takes from parts written out: a file of its own that means the same.
enum ResolvedFamily {
  /// - Parameter data: the family file, sound JSON5.
  static func text(_ data: Data, file: String, parts: PartLibrary) throws(VLMError) -> String {
    let root = try JSONValue(parsing: data, file: file, code: .familySyntax)
    guard var top = root.objectValue else {
      throw VLMError(.familySyntax, "is not a JSON object", file: file)
    }
    let unresolved = try UnresolvedFamily(try FamilyBody(top, file: file), parts)
    top["parts"] = nil
    top["base"] = unresolved.base.isEmpty ? nil : .object(unresolved.base)
    for (key, entries) in [("rename", unresolved.rename), ("convert", unresolved.convert), ("ignore", unresolved.ignore)] {
      top[key] = entries.isEmpty ? nil : .array(entries.map(\.value))
    }
    if top["configurationOf"] == nil {
      top["configuration"] = .object(
        unresolved.sections.mapValues { section in
          .object(section.settings.merging(section.fields.mapValues(\.value)) { setting, _ in setting })
        })
    }
    var text = "// Made by vlmtool from \(file) and its parts.\n{\n"
    precondition(Set(top.keys).isSubset(of: order), "keys of a family file that are not written out")
    for key in order where top[key] != nil {
      text += "  \(key): \(spelt(top[key]!, indent: "  ", width: 100)),\n"
    }
    return text + "}\n"
  }

  /// The keys of a family file as people write them.
  private static let order = [
    "family", "dialect", "title", "library", "readOnly", "detect", "imageProcessor", "processor", "base", "configurationOf", "configuration", "config", "caveats",
    "refuse", "rename",
    "convert", "ignore",
  ]

  /// JSON, on one line where it fits and one element a line where not; keys without quotes where JSON5 allows it.
  private static func spelt(_ value: JSONValue, indent: String, width: Int) -> String {
    let line = onOneLine(value)
    let isList =
      if case .array(let values) = value { values.contains { $0.arrayValue != nil } } else { false }
    if isPair(value) || line.count + indent.count <= width && !isList { return line }
    let inner = indent + "  "
    switch value {
    case .array(let values):
      return "[\n" + values.map { inner + spelt($0, indent: inner, width: width) + ",\n" }.joined() + indent
        + "]"
    case .object(let members):
      return "{\n"
        + members.sorted { $0.key < $1.key }.map { key, value in
          "\(inner)\(self.key(key)): \(spelt(value, indent: inner, width: width)),\n"
        }.joined() + indent + "}"
    default: return line
    }
  }

  /// A rule of `rename`, which stays on one line however long its names.
  private static func isPair(_ value: JSONValue) -> Bool {
    value.arrayValue?.count == 2 && value.arrayValue?.allSatisfy { $0.stringValue != nil } == true
  }

  private static func onOneLine(_ value: JSONValue) -> String {
    switch value {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .double(let value): "\(value)"
    case .string(let value): value.jsonLiteral
    case .array(let values): "[" + values.map(onOneLine).joined(separator: ", ") + "]"
    case .object(let members):
      members.isEmpty
        ? "{}"
        : "{ "
          + members.sorted { $0.key < $1.key }.map { "\(key($0.key)): \(onOneLine($0.value))" }
          .joined(separator: ", ") + " }"
    }
  }

  private static func key(_ text: String) -> String {
    let isPlain =
      text.first?.isNumber == false
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    return isPlain ? text : text.jsonLiteral
  }
}
