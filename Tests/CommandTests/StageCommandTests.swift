import Foundation
import TestSupport
import Testing

/// `diff --expect` as it is run: a sentence at the end, and an exit status that a script can go by.
@Suite struct StageCommandTests {
  private static func path(_ name: String) -> String { Fixture.url("jarvis/stages/\(name)").path }

  private static func run(_ base: String, _ stage: String, _ options: String...) throws -> ToolProcess {
    try ToolProcess.run(["diff", path(base), path(stage)] + options)
  }

  /// Each stage is what it is, and of the others says why not.
  @Test(arguments: [
    ("base", "stage-1", ["stage-1", "stage-3"]), ("stage-1", "stage-2", ["stage-2"]), ("stage-2", "stage-3", ["stage-1", "stage-3"]),
    ("stage-2", "stage-3-unfrozen", ["stage-2"]),
  ])
  func everyStage(base: String, stage: String, fits: [String]) throws {
    for claim in ["stage-1", "stage-2", "stage-3"] {
      let run = try Self.run(base, stage, "--expect", claim)
      if fits.contains(claim) {
        #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
        #expect(run.output.hasSuffix("passed: \(claim), as claimed\n"), "\(run.output)")
      } else {
        #expect(run.status == 1)
        #expect(run.errors.hasPrefix("error: \(Self.path(stage)): ") && run.errors.contains(" is not stage "), "\(run.errors)")
        #expect(run.output.contains("failed: \(claim): "), "\(run.output)")
      }
    }
    let plain = try Self.run(base, stage)
    #expect(plain.status == 0 && plain.output.contains(" of JARVIS-VLA: ") && !plain.output.contains("passed: "))
  }

  @Test func theKnownCauseIsNamed() throws {
    let run = try Self.run("stage-2", "stage-3-unfrozen", "--expect", "stage-3")
    #expect(run.status == 1)
    for text in ["vision encoder is claimed frozen and moved", "model.visual.", "4.52", "5.23.0"] {
      #expect(run.errors.contains(text), "\(run.errors)")
    }
  }

  @Test func asJSON() throws {
    let run = try Self.run("stage-2", "stage-3-unfrozen", "--expect", "stage-3", "--json")
    #expect(run.status == 1)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
    let stages = try #require(object["stages"] as? [String: Any])
    let verdicts = try #require(stages["verdicts"] as? [[String: Any]])
    #expect(verdicts.map { $0["fits"] as? Bool } == [false, true, false])
    #expect((verdicts[2]["remedy"] as? String)?.contains("they match nothing") == true)
  }

  /// A conversion is no training; quantization is not told from it.
  @Test func whatIsNoTraining() throws {
    let same = try Self.run("base", "base")
    #expect(same.status == 0 && !same.output.contains("JARVIS"), "\(same.output)")
    try Fixture.withTemporaryDirectory { directory in
      let int8 = directory.appending(path: "int8").path
      #expect(try ToolProcess.run("quantize", Self.path("stage-2"), "-o", int8).status == 0)
      let plain = try ToolProcess.run("diff", Self.path("stage-2"), int8)
      #expect(plain.status == 0 && !plain.output.contains("JARVIS"), "\(plain.output)")
      let run = try ToolProcess.run("diff", Self.path("stage-2"), int8, "--expect", "stage-3")
      #expect(run.status == 1 && run.errors.contains("compare the float checkpoints"), "\(run.errors)")
    }
  }

  @Test(arguments: [["--expect", "stage-4"], ["--expect", "stage-3", "--only", "vision"]])
  func wrongUsage(options: [String]) throws {
    let run = try ToolProcess.run(["diff", "x", "y"] + options)
    #expect(run.status == 64 && run.output.isEmpty, "\(run.errors)")
  }
}
