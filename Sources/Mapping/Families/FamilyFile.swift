internal import Files
internal import Foundation
internal import Tensors

/// One family in one naming dialect, as its JSON5 file in `formats/families` says.
package struct FamilyFile: Sendable {
  package let family: String
  package let dialect: String
  /// The name people know the family by.
  package let title: String
  /// The library whose files it is of.
  package let library: String
  /// Whether the dialect is only read: no library writes it any more.
  let isReadOnly: Bool
  /// Where it was read from, for messages.
  let file: String

  /// The library of a file that names none.
  package static let standardLibrary = "transformers"

  /// What in `config.json` means this family: all markers of one of the lists.
  let configMarkers: [[ConfigMarker]]
  /// Tensors that only this dialect has.
  let tensorMarkers: [String]

  let processors: ProcessorClasses

  /// Parts it uses, and what their tensors' names start with.
  let uses: [(part: String, prefix: String)]

  /// Where the fields of `ModelConfiguration` come from, unless another file says so.
  let sections: [ConfigurationSection]
  /// `family.dialect` of the file whose `configuration` holds for this one too.
  let configurationOf: String?
  /// The configuration of a model inside this one that `config.json` merely names.
  let base: BaseConfiguration?

  /// The `config.json` of this dialect, for checkpoints that come from another library.
  let template: ConfigTemplate?
  /// Configurations that the library says, but computes otherwise, and how.
  let caveats: [(condition: ConfigurationExpression, reason: String)]
  /// Configurations that the library does not load, and why.
  let refusals: [(condition: ConfigurationExpression, reason: String)]

  let rules: [MappingRule]
  let ignores: [IgnoreRule]
  /// Rules as the file spells them, for the generated listing.
  let listing: [RuleListing]

  /// Keys of source names to rules, and of parameter names to rules.
  let bySource: [String: [(rule: Int, position: Int)]]
  let byParameter: [String: [(rule: Int, position: Int)]]
  let byIgnored: [String: [Int]]
  /// What is left out with everything below it.
  let ignoredTrees: [IgnoredTree]

  package var id: String { "\(family).\(dialect)" }

  /// Whether `config.json` is of this family.
  func matches(_ config: JSONValue) -> Bool {
    configMarkers.contains { $0.allSatisfy { $0.matches(config) } }
  }

  /// The rule that claims a source tensor, which of its sources it is, and the indexes captured.
  func rule(forSource name: String) -> (rule: Int, position: Int, indexes: [String: Int])? {
    Self.find(name, bySource) { rule, position in rules[rule].sources[position] }
  }

  /// The rule that fills a parameter, which of its parameters it is, and the indexes captured.
  func rule(forParameter name: String) -> (rule: Int, position: Int, indexes: [String: Int])? {
    Self.find(name, byParameter) { rule, position in rules[rule].parameters[position] }
  }

  /// Why a source tensor is left out, when it is.
  func ignoreReason(forSource name: String) -> String? {
    let digits = DigitRuns(name)
    let rule = byIgnored[digits.key]?.lazy.map { ignores[$0] }.first { $0.template.match(digits) != nil }
    return rule?.reason ?? ignoredTrees.first { name.hasPrefix($0.root) }?.reason
  }

  private static func find(
    _ name: String, _ keys: [String: [(rule: Int, position: Int)]], _ template: (Int, Int) -> NameTemplate
  ) -> (rule: Int, position: Int, indexes: [String: Int])? {
    let digits = DigitRuns(name)
    for (rule, position) in keys[digits.key] ?? [] {
      if let indexes = template(rule, position).match(digits) { return (rule, position, indexes) }
    }
    return nil
  }
}

/// A field of `config.json` and the values that mean a family; `null` among them: that it is not there.
struct ConfigMarker: Sendable {
  let field: String
  let values: [JSONValue]

  func matches(_ config: JSONValue) -> Bool { values.contains(config.at(field) ?? .null) }
}

/// A section of `ModelConfiguration` and where its fields come from.
struct ConfigurationSection: Sendable {
  let name: String
  /// The section is left out when this is false.
  let condition: ConfigurationExpression?
  /// The first of these objects that `config.json` has is what `$` stands for; the empty path is the top.
  let scopes: [String]
  /// Which row of `defaults` holds, mostly a `model_type`.
  let type: ConfigurationExpression?
  /// What the official configuration class has where `config.json` is silent, by type.
  let defaults: [String: [String: JSONValue]]
  /// Variants that would be computed wrongly.
  let refusals: [(condition: ConfigurationExpression, reason: String)]
  let fields: [(name: String, value: ConfigurationExpression)]
}

/// A rule in the file's own spelling.
struct RuleListing: Sendable {
  let source: String
  /// Parameters, or the reason why the tensors are ignored.
  let target: String
  let transforms: [Transform]
  let isIgnored: Bool
  /// Whether a part says it.
  let isShared: Bool
}
