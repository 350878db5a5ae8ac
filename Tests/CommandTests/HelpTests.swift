import Foundation
import TestSupport
import Testing

@testable import vlmtool

/// Help, manual page and completion hold every command and option, and can be used as they stand.
@Suite struct HelpTests {
  static let leaves = CommandTree.whole().leaves()

  @Test(arguments: leaves.map { $0.words.dropFirst().joined(separator: " ") })
  func fitsATerminal(command: String) throws {
    let run = try ToolProcess.run(command.split(separator: " ").map(String.init) + ["--help"])
    #expect(run.status == 0)
    for line in run.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
    // Examples can be pasted: a line that goes on says so.
    let examples = run.output.split(separator: "\n", omittingEmptySubsequences: false)
      .drop { $0 != "EXAMPLES" }.dropFirst().prefix { $0.hasPrefix("  ") }
    #expect(!examples.isEmpty || command.contains(" "), "\(run.output)")
    var goesOn = false
    for line in examples {
      #expect(
        goesOn ? line.hasPrefix("    ") : line.hasPrefix("  vlmtool ") || line.hasPrefix("  # "), "\(line)")
      goesOn = line.hasSuffix(" \\")
    }
    #expect(!goesOn)
  }

  /// What examples show is parsed by the commands they are for.
  @Test(arguments: leaves.map { $0.words.dropFirst().joined(separator: " ") })
  func examplesParse(command: String) throws {
    let tree = CommandTree.whole().command(of: command.split(separator: " ").map(String.init))
    let text = (tree.discussion ?? "").replacing("\\\n", with: " ")
    for line in text.split(separator: "\n") where line.hasPrefix("  vlmtool ") {
      let typed = line.dropFirst(10).split(separator: " > ")[0]
      let shell = try ToolProcess.run("/bin/sh", ["-c", "printf '%s\\n' \(typed)"])
      let arguments = shell.output.split(separator: "\n").map(String.init)
      #expect(arguments.first == command.split(separator: " ").first.map(String.init), "\(line)")
      #expect(throws: Never.self, "\(line)") { try CommandMistake.parse(arguments) }
    }
  }

  @Test func theManualHasEverything() throws {
    let run = try ToolProcess.run("manual")
    #expect(run.status == 0)
    let page = run.output.replacing("\\-", with: "-")
    for (words, command) in Self.leaves {
      let start = try #require(page.range(of: "\n.SS \(words.joined(separator: " "))"), "\(words)")
      let section = page[start.upperBound...]
      let end = section.range(of: "\n.S")?.lowerBound ?? section.endIndex
      for name in command.longNames {
        #expect(section[..<end].contains(name), "\(words): \(name)")
      }
    }
    for variable in ["VLMTOOL_CACHE_LIMIT", "VLMTOOL_ISA", "NO_COLOR"] { #expect(page.contains(variable)) }
  }

  /// Every variable of the environment that the sources read is in the manual.
  @Test func theManualHasTheEnvironment() throws {
    let page = ManualPage.text(CommandTree.whole(), version: "1")
    for file in HouseTests.files(under: "Sources", endings: ["swift", "c", "h"]) {
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: /"(VLMTOOL_[A-Z_]+)"/) where !match.1.hasSuffix("_DETECTED") {
        #expect(page.contains(match.1), "\(file.lastPathComponent): \(match.1)")
      }
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func completionHasEveryCommand(shell: String) throws {
    let run = try ToolProcess.run("--generate-completion-script", shell)
    #expect(run.status == 0)
    for (words, _) in Self.leaves { #expect(run.output.contains(words.last!), "\(words)") }
  }

  @Test func version() throws {
    let plain = try ToolProcess.run("version")
    #expect(plain.status == 0 && plain.output.hasPrefix("vlmtool \(VLMTool.version) ("))
    #expect(try ToolProcess.run("--version").output == VLMTool.version + "\n")
  }
}
