import Foundation
import TestSupport
import Testing

/// What everybody expects of a command-line tool.
@Suite struct UsageTests {
  @Test(arguments: [
    ["--help"], ["help", "probe", "encoder"], ["inspect", "--help"], ["convert", "--help"],
    ["quantize", "--help"],
    ["probe", "encoder", "--help"], ["verify", "--help"], ["diff", "--help"], ["demo", "--help"],
    ["bench", "--help"], ["formats", "--help"], ["generate", "--help"], ["cache", "--help"],
  ])
  func helpShowsExamples(arguments: [String]) throws {
    let run = try ToolProcess.run(arguments)
    #expect(run.status == 0)
    #expect(run.output.contains("EXAMPLES"), "\(run.output)")
    #expect(run.errors.isEmpty)
  }

  @Test(arguments: [
    ["inspect"], ["frobnicate"], ["convert", "x"], ["inspect", "x", "--threads", "0"],
    ["convert", "x", "-o", "y", "--dialect", "z"], ["verify", "x", "--reference", "y", "--only", "visoin"],
    ["quantize", "x", "-o", "y", "--scheme", "w4"], ["diff", "x"],
    ["diff", "x", "y", "--modules", "--top", "3"],
    ["verify", "x", "--reference", "y", "--tolerance", "-1"],
    ["probe", "encoder", "x", "--data", "y", "--folds", "1"],
    ["probe", "encoder", "x", "--data", "y", "--permutations", "19"],
    ["probe", "encoder", "x", "--data", "y", "--target", "elbow"],
    ["quantize", "x", "-o", "y", "--group-size", "32"], ["quantize", "x", "-o", "y", "--keep", "re:("],
  ])
  func wrongUsageExitsWith64(arguments: [String]) throws {
    let run = try ToolProcess.run(arguments)
    #expect(run.status == 64, "\(run.errors)")
    #expect(run.output.isEmpty)
  }

  @Test func nothingAskedShowsTheCommands() throws {
    let run = try ToolProcess.run([])
    #expect(run.status == 0 && run.output.contains("SUBCOMMANDS"))
  }

  @Test func missingFileIsNamed() throws {
    let run = try ToolProcess.run("inspect", "/no/such/checkpoint")
    #expect(run.status == 1)
    #expect(run.errors.hasPrefix("error: /no/such/checkpoint: "), "\(run.errors)")
  }

  /// The names that help and reports give: the checkpoint is what is not there.
  @Test(arguments: ["ee-position", "ee-rotation", "gripper", "next-action", "obs/x"])
  func knowsTheTarget(name: String) throws {
    let run = try ToolProcess.run("probe", "encoder", "/no/such", "--data", "/no/such", "--target", name)
    #expect(run.status == 1)
    #expect(run.errors.hasPrefix("error: /no/such"), "\(run.errors)")
  }

  @Test func aNameOfTheHubIsRecognised() throws {
    let run = try ToolProcess.run("inspect", "Qwen/Qwen2-VL-2B-Instruct")
    #expect(run.status == 1)
    #expect(run.errors.contains("hf://Qwen/Qwen2-VL-2B-Instruct"), "\(run.errors)")
  }

  /// Results go to files before an hour of work, or not at all.
  @Test(arguments: ["--report", "--export"]) func aDirectoryIsNoResultFile(option: String) throws {
    try Fixture.withTemporaryDirectory { directory in
      let run = try ToolProcess.run(
        "probe", "encoder", "/no/such", "--data", "/no/such", option, directory.path)
      #expect(run.status == 1)
      #expect(run.errors.hasPrefix("error: \(directory.path): is a directory"), "\(run.errors)")
    }
  }

  #if os(Linux)
    @Test(arguments: [
      ["inspect", Fixture.url("tabletop-vlm").path],
      ["generate", Fixture.url("tabletop-vlm").path, "--prompt", "Describe the scene."],
    ])
    func aFullDiskIsAnError(arguments: [String]) throws {
      let run = try ToolProcess.run(
        "/bin/sh", ["-c", "exec \"$0\" \"$@\" > /dev/full", ToolProcess.executable.path] + arguments)
      #expect(run.status == 1)
      #expect(run.errors.hasPrefix("error: standard output: cannot be written to"), "\(run.errors)")
    }

    @Test func nobodyToTellIsNoCrash() throws {
      let run = try ToolProcess.run(
        "/bin/sh", ["-c", "exec \"$0\" inspect /no/such 2> /dev/full", ToolProcess.executable.path])
      #expect(run.status == 1)
    }
  #endif

  @Test(arguments: ["bash", "zsh", "fish"])
  func completion(shell: String) throws {
    let run = try ToolProcess.run("--generate-completion-script", shell)
    #expect(run.status == 0)
    #expect(run.output.contains("quantize"))
  }
}
