import Foundation
import TestSupport
import Testing

/// Commands that the system kills half-way, run again.
@Suite struct ResumeTests {
  /// Killed while a large companion file is copied, which comes after the tensors; cutting the journal down then makes
  /// it the moment when half of the tensors were done.
  @Test(arguments: ["quantize", "convert"], [false, true])
  func goesOnWhereItWasKilled(verb: String, halfWay: Bool) throws {
    let files = FileManager.default
    try Fixture.withTemporaryDirectory { directory in
      let source = directory.appending(path: "source")
      try files.copyItem(at: Fixture.url("tabletop-vlm"), to: source)
      let large = source.appending(path: "zz.json")
      try Data().write(to: large)
      try FileHandle(forWritingTo: large).truncate(atOffset: 100 << 20)

      func arguments(_ output: URL) -> [String] {
        [verb, source.path, "-o", output.path, "--quiet", "--json", "--max-shard-size", "0.001"]
      }
      let expected = directory.appending(path: "expected")
      #expect(try ToolProcess.run(arguments(expected)).status == 0)

      let output = directory.appending(path: "output")
      let staging = directory.appending(path: ".output.vlmtool-partial")
      let wasKilled = try (0..<5).contains { _ in
        try? files.removeItem(at: output)
        return try Self.kill(arguments(output), onceThereIs: staging.appending(path: "zz.json"))
      }
      try #require(wasKilled, "it was done each time before it could be killed")
      #expect(!files.fileExists(atPath: output.path))
      let journal = staging.appending(path: ".vlmtool-journal")
      if halfWay {
        let text = try Data(contentsOf: journal)
        try text.prefix(text.count / 2).write(to: journal)
      }

      let second = try ToolProcess.run(arguments(output))
      #expect(second.status == 0, "\(second.errors)")
      let resumed = try #require(second.output.firstMatch(of: /"resumedBytes" : (\d+)/))
      #expect(try #require(Int(resumed.1)) > 0)
      let names = try files.contentsOfDirectory(atPath: expected.path).sorted()
      #expect(
        names.contains("model-00002-of-00002.safetensors")
          || names.contains("model-00003-of-00003.safetensors"))
      #expect(try files.contentsOfDirectory(atPath: output.path).sorted() == names)
      for name in names {
        #expect(
          files.contentsEqual(
            atPath: expected.appending(path: name).path, andPath: output.appending(path: name).path),
          "\(name)")
      }
      #expect(!files.fileExists(atPath: journal.path))
    }
  }

  /// Runs the tool and kills it as soon as `file` appears; whether it was still running then.
  private static func kill(_ arguments: [String], onceThereIs file: URL) throws -> Bool {
    let process = Process()
    process.executableURL = ToolProcess.executable
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    while process.isRunning, !FileManager.default.fileExists(atPath: file.path) { usleep(500) }
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    return process.terminationReason == .uncaughtSignal
  }
}
