import ArgumentParser

/// An option of one value that is given several times: the argument parser would take the last and drop the others
/// in silence.
enum RepeatedOptions {
  /// - Throws: `ValidationError` naming the option and its values.
  static func check(_ arguments: [String]) throws {
    // Describing every command takes a while; without a repetition there is nothing to ask.
    let written = arguments.filter { $0.hasPrefix("-") }.map { $0.prefix { $0 != "=" } }
    guard Set(written).count < written.count else { return }
    for (option, values) in values(arguments, of: CommandTree.whole()) where values.count > 1 {
      throw ValidationError(
        "\(option) takes one value and is given \(values.count) times (\(values.joined(separator: ", ")))")
    }
  }

  /// Options of one value with all that follow them, in the order of the command line.
  private static func values(_ arguments: [String], of root: CommandTree) -> [(
    option: String, values: [String]
  )] {
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
      guard let argument = command.arguments?.first(where: { ($0.names ?? []).contains { $0.text == name } }),
        argument.kind == .option, let option = argument.names?.last?.text
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
}
