import ArgumentParser
import Foundation
import Reports
import Tensors

/// What people mistype, beyond what ArgumentParser notices: a command that there is not, options before it, a negative
/// number, an option's name from another tool.
enum CommandMistake {
  /// Parses a command line.
  static func parse(_ arguments: [String]) throws -> any ParsableCommand {
    // Shells ask for completions of half a line.
    if arguments.first != "---completion" { try checkCommand(arguments) }
    do {
      return try VLMTool.parseAsRoot(arguments)
    } catch {
      // ArgumentParser takes -1 for an option.
      let joined = joiningNegativeNumbers(arguments)
      if joined == arguments { throw error }
      return try VLMTool.parseAsRoot(joined)
    }
  }

  // MARK: Commands

  private static func checkCommand(_ arguments: [String]) throws {
    var command: any ParsableCommand.Type = VLMTool.self
    var words = ["vlmtool"]
    let asksForHelp = arguments.first == "help"
    var rest = arguments.dropFirst(asksForHelp ? 1 : 0)
    while let word = rest.first {
      let commands = command.configuration.subcommands
      if word.hasPrefix("-") {
        if commands.isEmpty || command.configuration.defaultSubcommand != nil || isBuiltIn(word) { return }
        throw ValidationError(
          "\(word) comes before the command (options follow it: "
            + "\((words + ["COMMAND", word]).joined(separator: " ")) ...)"
        )
      }
      if commands.isEmpty {
        guard asksForHelp else { return }
        throw ValidationError("\(words.joined(separator: " ")) has no command \"\(word)\" below it")
      }
      guard let next = commands.first(where: { $0._commandName == word }) else {
        throw unknown(
          word, after: words, commands.filter { $0.configuration.shouldDisplay }, rest.dropFirst())
      }
      command = next
      words.append(word)
      rest = rest.dropFirst()
    }
  }

  private static func isBuiltIn(_ option: String) -> Bool {
    ["-h", "-help"].contains(option)
      || ["--help", "--version", "--generate-completion-script", "--experimental-dump-help"]
        .contains(where: option.hasPrefix)
  }

  private static func unknown(
    _ word: String, after words: [String], _ commands: [any ParsableCommand.Type],
    _ following: ArraySlice<String>
  ) -> ValidationError {
    let names = commands.map { $0._commandName }
    func line(_ name: String) -> String { (words + [name]).joined(separator: " ") }
    let remedy =
      if let near = NearestNames.nearest(to: word, among: names) {
        "did you mean \"\(line(near))\"?"
      } else if let later = following.first(where: names.contains) {
        "the command comes first: \(line(later)) \(RunContext.quoted(word))"
      } else {
        "commands: \(names.joined(separator: ", "))"
      }
    return ValidationError("there is no command \"\(line(word))\" (\(remedy))")
  }

  // MARK: Options

  /// `--temperature -1` as `--temperature=-1`.
  private static func joiningNegativeNumbers(_ arguments: [String]) -> [String] {
    var joined: [String] = []
    for argument in arguments {
      if let option = joined.last, option.hasPrefix("--"), !option.contains("="), option.count > 2,
        argument.hasPrefix("-"), Double(argument) != nil
      {
        joined[joined.count - 1] = option + "=" + argument
      } else {
        joined.append(argument)
      }
    }
    return joined
  }

  /// ArgumentParser's message with what it does not say: a nearer name for an option, no line wider than a terminal.
  static func explained(_ message: String, _ arguments: [String]) -> String {
    var lines = message.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if let first = lines.first, !first.contains("Did you mean"),
      let unknown = first.firstMatch(of: /Unknown option '(--[^']+)'/)
    {
      lines[0] += remedy(forOption: String(unknown.1), arguments)
    }
    return lines.map { line in
      let isUsage = line.hasPrefix("Usage: ") || line.hasPrefix("USAGE: ")
      return isUsage ? wrappedUsage(line, to: Terminal.detect(.output).width ?? 80) : line
    }.joined(separator: "\n")
  }

  private static func remedy(forOption name: String, _ arguments: [String]) -> String {
    let tree = CommandTree.whole()
    let own = tree.command(of: arguments).longNames
    if let near = NearestNames.nearest(to: name, among: own) ?? sharingWords(name, own) {
      return ". Did you mean '\(near)'?"
    }
    let others = tree.leaves().filter { $0.command.longNames.contains(name) }.map {
      $0.words.dropFirst().joined(separator: " ")
    }
    return others.isEmpty ? "" : ". It is an option of \(others.joined(separator: ", "))."
  }

  /// `--max-new-tokens` shares two words with `--max-tokens`.
  private static func sharingWords(_ name: String, _ others: [String]) -> String? {
    func words(_ name: String) -> Set<Substring> { Set(name.dropFirst(2).split(separator: "-")) }
    let wanted = words(name)
    return others.map { (shared: words($0).intersection(wanted).count, name: $0) }.filter { $0.shared > 0 }
      .min { ($1.shared, $0.name) < ($0.shared, $1.name) }?.name
  }

  /// Breaks a line of usage before an argument.
  private static func wrappedUsage(_ line: String, to width: Int) -> String {
    guard line.count > width else { return line }
    let pieces = line.split(separator: /\ (?=[\[<-])/).reduce(into: [String]()) { pieces, piece in
      // An option stays with its value.
      if piece.hasPrefix("<"), let last = pieces.last, last.hasPrefix("[-") || last.hasPrefix("-"),
        !last.hasSuffix("]")
      {
        pieces[pieces.count - 1] += " " + piece
      } else {
        pieces.append(String(piece))
      }
    }
    var lines = [""]
    for piece in pieces {
      let start = lines[lines.count - 1]
      if start.isEmpty || start.count + 1 + piece.count <= width {
        lines[lines.count - 1] += (start.isEmpty ? "" : " ") + piece
      } else {
        lines.append("         " + piece)
      }
    }
    return lines.joined(separator: "\n")
  }
}
