import Foundation
import TestSupport
import Testing

/// What is left to a process when the system gives it little: a line and exit 1, never a crash or a wait without end.
@Suite struct ProcessLimitsTests {
  /// Blocks of 512 bytes.
  @Test(arguments: [("--cache", 8), ("--cache", 40), ("--cache", 300), ("--export", 40)])
  func aFileThatMayNotGrowIsAnError(option: String, blocks: Int) throws {
    try Fixture.withTemporaryDirectory { directory in
      let cache = directory.appending(path: "cache"), export = directory.appending(path: "export.h5")
      var place = ["--cache", cache.path]
      if option == "--export" {
        #expect(try ToolProcess.run(Self.probe + place).status == 0)
        place += ["--export", export.path]
      }
      let run = try limited("-f \(blocks)", Self.probe + place)
      #expect(run.status == 1, "\(run.errors)")
      #expect(run.errors.contains("the file may not grow any further"), "\(run.errors)")
      #expect(run.output.isEmpty)
      let left = FileManager.default.subpaths(atPath: directory.path) ?? []
      #expect(!left.contains { $0.contains("partial") || $0.hasPrefix("export") }, "\(left)")
    }
  }

  @Test(arguments: [8, 40, 300]) func kerasWeightsThatMayNotGrowAreAnError(blocks: Int) throws {
    try Fixture.withTemporaryDirectory { directory in
      let output = directory.appending(path: "keras")
      let run = try limited(
        "-f \(blocks)",
        ["convert", Fixture.url("families/siglip/transformers-5").path, "--to", "keras", "-o", output.path])
      #expect(run.status == 1, "\(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: output.path))
    }
  }

  @Test func fewOpenFilesAreAnError() throws {
    let run = try limited("-n 8", ["inspect", Fixture.url("tabletop-vlm").path])
    #expect(run.status == 1)
    #expect(run.errors.hasPrefix("error: this process may open 8 files, and needs 32"), "\(run.errors)")
  }

  @Test func limitsThatAreOursAreRaised() throws {
    let run = try limited("-S -n 8", ["inspect", Fixture.url("tabletop-vlm").path, "--json"])
    #expect(run.status == 0, "\(run.errors)")
  }

  @Test(arguments: [200, 300, 600]) func littleAddressSpaceIsAnError(megabytes: Int) throws {
    let run = try limited("-v \(megabytes << 10)", ["inspect", Fixture.url("tabletop-vlm").path])
    #expect(run.status == 1)
    #expect(run.errors.contains("MB of addresses, and needs"), "\(run.errors)")
  }

  @Test(arguments: ["9223372036854775807", "4097", "0", "-1"]) func threadsBeyondReasonAreWrongUsage(count: String) throws {
    let run = try ToolProcess.run("inspect", Fixture.url("tabletop-vlm").path, "--threads=\(count)")
    #expect(run.status == 64)
    #expect(run.errors.contains("--threads must be 1 to 4096"), "\(run.errors)")
  }

  @Test func manyThreadsWork() throws {
    let arguments = ["generate", Fixture.url("tabletop-vlm").path, "--image", Fixture.url("images/frame.png").path]
    let run = try ToolProcess.run(arguments + ["--prompt", "Describe the scene.", "--max-tokens", "2", "--threads", "4096"])
    #expect(run.status == 0, "\(run.errors)")
  }

  /// Few frames and permutations.
  static let probe = [
    "probe", "encoder", Fixture.url("tabletop-vlm").path, "--data", Fixture.url("demonstrations").path, "--frames", "40",
    "--folds", "3", "--grid", "1", "--permutations", "100", "--target", "gripper", "--quiet",
  ]

  private func limited(_ limit: String, _ arguments: [String]) throws -> ToolProcess {
    try ToolProcess.run(
      "/bin/sh", ["-c", "ulimit \(limit) && exec \"$0\" \"$@\"", ToolProcess.executable.path] + arguments)
  }
}
