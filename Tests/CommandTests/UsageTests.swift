import Foundation
import TestSupport
import Testing

/// What everybody expects of a command-line tool.
@Suite struct UsageTests {
  @Test(arguments: [
    ["--help"], ["help", "probe", "encoder"], ["inspect", "--help"], ["convert", "--help"],
    ["quantize", "--help"],
    ["probe", "encoder", "--help"], ["verify", "--help"], ["diff", "--help"], ["demo", "--help"],
    ["bench", "--help"],
  ])
  func helpShowsExamples(arguments: [String]) throws {
    let run = try ToolProcess.run(arguments)
    #expect(run.status == 0)
    #expect(run.output.contains("EXAMPLES"), "\(run.output)")
    #expect(run.errors.isEmpty)
  }

  @Test(arguments: [
    [], ["inspect"], ["frobnicate"], ["convert", "x"], ["inspect", "x", "--threads", "0"],
    ["convert", "x", "-o", "y", "--dialect", "z"], ["verify", "x", "--reference", "y", "--only", "visoin"],
    ["quantize", "x", "-o", "y", "--scheme", "w4"], ["diff", "x"],
    ["diff", "x", "y", "--modules", "--top", "3"],
    ["verify", "x", "--reference", "y", "--tolerance", "-1"],
  ])
  func wrongUsageExitsWith64(arguments: [String]) throws {
    let run = try ToolProcess.run(arguments)
    if arguments.isEmpty {
      #expect(run.status == 0 && run.output.contains("SUBCOMMANDS"))
    } else {
      #expect(run.status == 64, "\(run.errors)")
      #expect(run.output.isEmpty)
    }
  }

  @Test func missingFileIsNamed() throws {
    let run = try ToolProcess.run("inspect", "/no/such/checkpoint")
    #expect(run.status == 1)
    #expect(run.errors.hasPrefix("error: /no/such/checkpoint: "), "\(run.errors)")
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func completion(shell: String) throws {
    let run = try ToolProcess.run("--generate-completion-script", shell)
    #expect(run.status == 0)
    #expect(run.output.contains("quantize"))
  }
}
