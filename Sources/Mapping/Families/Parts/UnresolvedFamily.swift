internal import Files
internal import Tensors

/// What a family file says with the parts it uses written out: rules under their full names, sections put together.
struct UnresolvedFamily {
  /// A rule as JSON, and where it stands.
  struct Entry {
    /// The family's file, or the part's.
    let file: String
    /// `rename[3]`
    let place: String
    let value: JSONValue
    /// Whether it comes from a part.
    let isShared: Bool
  }

  /// A section of the configuration: fields of later bodies replace those of earlier ones.
  struct Section {
    var fields: [String: (value: JSONValue, file: String)] = [:]
    /// The keys that are no fields: `at`, `when`, `type`, `defaults`, `refuse`.
    var settings: [String: JSONValue] = [:]
    /// The file that named it last.
    var file: String
  }

  static let settingNames = ["at", "when", "type", "defaults", "refuse"]
  private static let deepestUse = 8

  private(set) var rename: [Entry] = []
  private(set) var convert: [Entry] = []
  private(set) var ignore: [Entry] = []
  private(set) var sections: [String: Section] = [:]
  /// The keys of `base`: those of later bodies replace those of earlier ones.
  private(set) var base: [String: JSONValue] = [:]

  init(_ body: FamilyBody, _ library: PartLibrary) throws(VLMError) {
    try add(body, Placement(), library, depth: 0)
  }

  /// Adds the rules that every family has: a policy can be made of any.
  mutating func addPolicy(_ library: PartLibrary) {
    guard let policy = library.policy else { return }
    rename += Self.entries(policy.body.rename, "rename", policy.body.file)
    ignore += Self.entries(policy.body.ignore, "ignore", policy.body.file)
  }

  /// Takes out the rules, from these places on, that do not hold where the part is used.
  private mutating func leaveOut(
    _ use: PartUse, _ prefix: String, from start: (rename: Int, convert: Int), of file: String
  ) throws(VLMError) {
    for source in use.without.sorted() {
      let source = JSONValue.string(prefix + source)
      if let found = rename.indices.dropFirst(start.rename).first(where: { rename[$0].value.arrayValue?.first == source }) {
        rename.remove(at: found)
      } else if let found = convert.indices.dropFirst(start.convert).first(where: { convert[$0].value["from"] == source }) {
        convert.remove(at: found)
      } else {
        throw VLMError(.familyKey, "part \"\(use.part)\" renames no \"\(source.stringValue!.dropFirst(prefix.count))\"", file: file)
      }
    }
  }

  /// The rules of a list, each with its place.
  static func entries(
    _ values: [JSONValue], _ name: String, _ file: String, isShared: Bool = true
  ) -> [Entry] {
    values.enumerated().map { index, value in
      Entry(file: file, place: "\(name)[\(index)]", value: value, isShared: isShared)
    }
  }

  private mutating func add(
    _ body: FamilyBody, _ placement: Placement, _ library: PartLibrary, depth: Int
  ) throws(VLMError) {
    guard depth <= Self.deepestUse else {
      throw VLMError(.familyKey, "parts use each other in a circle", file: body.file)
    }
    for use in body.uses {
      let part = try library.part(use.part, for: body.file)
      let before = (rename.count, convert.count)
      try add(part.body, placement.under(use), library, depth: depth + 1)
      try leaveOut(use, placement.prefix + use.prefix, from: before, of: body.file)
    }
    base.merge(body.base) { $1 }
    let isShared = depth > 0
    func entries(_ values: [JSONValue], _ name: String, _ change: (JSONValue) -> JSONValue) -> [Entry] {
      Self.entries(values.map(change), name, body.file, isShared: isShared)
    }
    rename += entries(body.rename, "rename") { pair in
      guard case .array(let names) = pair, names.count == 2 else { return pair }
      return .array([placement.source(names[0]), placement.parameter(names[1])])
    }
    convert += entries(body.convert, "convert") { rule in
      guard case .object(var members) = rule else { return rule }
      members["from"] = members["from"].map(placement.source)
      members["to"] = members["to"].map(placement.parameter)
      members["by"] = members["by"].map(placement.symbols)
      return .object(members)
    }
    ignore += entries(body.ignore, "ignore") { rule in
      guard case .object(var members) = rule else { return rule }
      members["tensors"] = members["tensors"].map(placement.source)
      members["numbers"] = members["numbers"].map(placement.parameter)
      return .object(members)
    }
    for (name, fields) in body.sections {
      let name = name == "vision" ? placement.section ?? name : name
      var section = sections[name] ?? Section(file: body.file)
      section.file = body.file
      for (field, value) in fields {
        let value = placement.expression(value)
        if Self.settingNames.contains(field) {
          section.settings[field] = value
        } else {
          section.fields[field] = (value, body.file)
        }
      }
      section.settings.merge(placement.settings) { $1 }
      sections[name] = section
    }
  }
}

/// Where the body of a part lands: what its names start with, and its place in the configuration.
private struct Placement {
  var prefix = ""
  var settings: [String: JSONValue] = [:]
  var section: String?

  /// The placement of a part used by one that is placed here; what is said further out wins.
  func under(_ use: PartUse) -> Placement {
    Placement(
      prefix: prefix + use.prefix, settings: use.settings.merging(settings) { $1 },
      section: section ?? use.section)
  }

  func source(_ value: JSONValue) -> JSONValue {
    value.stringValue.map { .string(prefix + $0) } ?? value
  }

  func parameter(_ value: JSONValue) -> JSONValue {
    guard let section, let name = value.stringValue, name.hasPrefix("vision.") else { return value }
    return .string(ModelConfiguration.parameterRoot(of: section) + name.dropFirst("vision".count))
  }

  /// Shapes name fields of the configuration: `vision.width`.
  func symbols(_ value: JSONValue) -> JSONValue {
    guard let section else { return value }
    return value.replacingStrings { $0.replacing("vision.", with: "\(section).") }
  }

  /// Expressions name tensors, and fields of sections before them.
  func expression(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let members) where members.count == 1 && members["hasTensor"]?.stringValue != nil:
      return .object(["hasTensor": source(members["hasTensor"]!)])
    case .object(let members): return .object(members.mapValues(expression))
    case .array(let values): return .array(values.map(expression))
    case .string(let text):
      guard let section, text.hasPrefix("@vision.") else { return value }
      return .string("@\(section)." + text.dropFirst("@vision.".count))
    default: return value
    }
  }
}

extension JSONValue {
  fileprivate func replacingStrings(_ change: (String) -> String) -> JSONValue {
    switch self {
    case .string(let text): .string(change(text))
    case .array(let values): .array(values.map { $0.replacingStrings(change) })
    case .object(let members): .object(members.mapValues { $0.replacingStrings(change) })
    default: self
    }
  }
}
