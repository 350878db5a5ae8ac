import ArgumentParser
import Foundation

/// An option of one value that is given several times: the argument parser would take the last and drop the others
/// in silence.
enum RepeatedOptions {
  /// - Throws: `ValidationError` naming the option and its values.
  static func check(_ arguments: [String]) throws {
    // Describing every command takes a while; without a repetition there is nothing to ask.
    let written = arguments.filter { $0.hasPrefix("-") }.map { $0.prefix { $0 != "=" } }
    guard Set(written).count < written.count else { return }
    let help = try JSONDecoder().decode(Help.self, from: Data(VLMTool._dumpHelp().utf8))
    for (option, values) in values(arguments, of: help.command) where values.count > 1 {
      throw ValidationError(
        "\(option) takes one value and is given \(values.count) times (\(values.joined(separator: ", ")))")
    }
  }

  /// Options of one value with all that follow them, in the order of the command line.
  private static func values(_ arguments: [String], of root: Command) -> [(option: String, values: [String])] {
    var command = root
    var found: [(option: String, values: [String])] = []
    var index = 0
    while index < arguments.count, arguments[index] != "--" {
      let parts = arguments[index].split(separator: "=", maxSplits: 1).map(String.init)
      index += 1
      guard let name = parts.first, name.hasPrefix("-") else {
        if let next = command.subcommands?.first(where: { $0.commandName == parts.first }) { command = next }
        continue
      }
      guard let argument = command.arguments?.first(where: { $0.spellings.contains(name) }),
        argument.kind == "option", let option = argument.spellings.last
      else { continue }
      let value = parts.count > 1 ? parts[1] : index < arguments.count ? arguments[index] : ""
      if parts.count == 1 { index += 1 }
      if argument.isRepeating { continue }
      if let known = found.firstIndex(where: { $0.option == option }) {
        found[known].values.append(value)
      } else {
        found.append((option, [value]))
      }
    }
    return found
  }

  private struct Help: Decodable { let command: Command }

  private struct Command: Decodable {
    let commandName: String
    let subcommands: [Command]?
    let arguments: [Argument]?
  }

  private struct Argument: Decodable {
    struct Name: Decodable {
      let kind: String
      let name: String
    }

    let kind: String
    let isRepeating: Bool
    let names: [Name]?

    var spellings: [String] { (names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name } }
  }
}
