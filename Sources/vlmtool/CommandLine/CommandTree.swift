import ArgumentParser
import Foundation

/// A command with its options and the commands below it, as ArgumentParser describes them; for suggestions, the manual
/// page, and tests that nothing is missing.
struct CommandTree: Decodable {
  struct Argument: Decodable {
    enum Kind: String, Decodable { case positional, option, flag }

    struct Name: Decodable {
      let kind: String
      let name: String

      /// As it is typed.
      var text: String { (kind == "long" ? "--" : "-") + name }
    }

    let kind: Kind
    let shouldDisplay: Bool
    let isOptional: Bool
    let isRepeating: Bool
    let names: [Name]?
    let valueName: String?
    let defaultValue: String?
    let allValues: [String]?
    let abstract: String?
    let sectionTitle: String?
  }

  let commandName: String
  let abstract: String?
  let discussion: String?
  let shouldDisplay: Bool
  let subcommands: [CommandTree]?
  let arguments: [Argument]?

  static func whole() -> CommandTree {
    struct Tool: Decodable { let command: CommandTree }
    do {
      return try JSONDecoder().decode(Tool.self, from: Data(VLMTool._dumpHelp().utf8)).command
    } catch {
      preconditionFailure("ArgumentParser describes the commands in another way: \(error)")
    }
  }

  /// Those that a user is told of.
  var commands: [CommandTree] { (subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" } }

  /// Options and flags by their long names, dashes included.
  var longNames: [String] {
    (arguments ?? []).filter(\.shouldDisplay).flatMap { $0.names ?? [] }.filter { $0.kind == "long" }.map(
      \.text)
  }

  /// Every command that does something itself, with the words that lead to it.
  func leaves(after words: [String] = []) -> [(words: [String], command: CommandTree)] {
    let words = words + [commandName]
    return commands.isEmpty ? [(words, self)] : commands.flatMap { $0.leaves(after: words) }
  }

  /// The command that `arguments` begin with.
  func command(of arguments: [String]) -> CommandTree {
    guard let word = arguments.first, let next = commands.first(where: { $0.commandName == word }) else {
      return self
    }
    return next.command(of: Array(arguments.dropFirst()))
  }
}
