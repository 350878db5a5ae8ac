import ArgumentParser
import Mapping
import Quantization

/// The value of an option that is one of a registry, by its name: choices, help and completion come from there.
protocol RegisteredChoice: ExpressibleByArgument {
  /// The first is the option's default.
  static var choices: [Self] { get }
  var name: String { get }
  /// One line for `--help`.
  var summary: String { get }
}

extension RegisteredChoice {
  init?(argument: String) {
    guard let choice = Self.choices.first(where: { $0.name == argument }) else { return nil }
    self = choice
  }

  static var help: String { choices.map { "\($0.name): \($0.summary)" }.joined(separator: "; ") + "." }
  static var allValueStrings: [String] { choices.map(\.name) }
  static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }
  var defaultValueDescription: String { name }
}

extension OutputFormat: RegisteredChoice { static var choices: [OutputFormat] { all } }

extension QuantizedFormat: RegisteredChoice { static var choices: [QuantizedFormat] { all } }

struct SchemeArgument: RegisteredChoice {
  let scheme: any QuantizationScheme

  static var choices: [SchemeArgument] { QuantizedFormat.schemes.map { SchemeArgument(scheme: $0) } }
  var name: String { scheme.id }
  var summary: String { scheme.summary }
}
