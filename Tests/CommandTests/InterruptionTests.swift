import Foundation
import TestSupport
import Testing

/// Ctrl-C and SIGTERM at work.
@Suite struct InterruptionTests {
  private static let files = FileManager.default

  /// Starts the tool, sends `signal` as soon as `isDue`, and gives what it said; `nil` when it was done before.
  private static func interrupt(
    _ arguments: [String], with signal: Int32, environment: [String: String] = [:],
    when isDue: () -> Bool
  ) throws -> (status: Int32, errors: String)? {
    // A shell has its background jobs ignore Ctrl-C, and they pass that on.
    Foundation.signal(SIGINT, SIG_DFL)
    let process = Process()
    process.executableURL = ToolProcess.executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = FileHandle.nullDevice
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    while process.isRunning, !isDue() { usleep(1000) }
    kill(process.processIdentifier, signal)
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    if process.terminationReason == .exit, process.terminationStatus == 0 { return nil }
    return (process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus, text)
  }

  @Test(arguments: ["convert", "quantize"], [SIGINT, SIGTERM])
  func saysWhatIsKept(verb: String, signal: Int32) throws {
    try Fixture.withTemporaryDirectory { directory in
      let source = directory.appending(path: "source")
      try Self.files.copyItem(at: Fixture.url("tabletop-vlm"), to: source)
      let large = source.appending(path: "zz.json")
      try Data().write(to: large)
      try FileHandle(forWritingTo: large).truncate(atOffset: 100 << 20)
      let output = directory.appending(path: "out")
      let staging = directory.appending(path: ".out.vlmtool-partial")
      let arguments = [verb, source.path, "-o", output.path]
      for _ in 0..<5 {
        try? Self.files.removeItem(at: output)
        guard
          let end = try Self.interrupt(
            arguments, with: signal,
            when: { Self.files.fileExists(atPath: staging.appending(path: "zz.json").path) })
        else { continue }
        #expect(end.status == 128 + signal)
        #expect(
          end.errors.hasPrefix("interrupted: what was written so far is kept in \(staging.path) ("),
          "\(end.errors)")
        #expect(end.errors.hasSuffix("; the same command goes on from there\n"))
        #expect(Self.files.fileExists(atPath: staging.path) && !Self.files.fileExists(atPath: output.path))
        let again = try ToolProcess.run(arguments + ["--json", "--quiet"])
        let resumed = try #require(again.output.firstMatch(of: /"resumedBytes" : (\d+)/))
        #expect(try #require(Int(resumed.1)) > 0)
        return
      }
      Issue.record("it was done each time before it could be interrupted")
    }
  }

  /// A half-written cache is of no use and goes; what was finished stays.
  @Test(arguments: [false, true]) func aProbeLeavesNoHalfFile(secondEncoder: Bool) throws {
    try Fixture.withTemporaryDirectory { directory in
      let cache = directory.appending(path: "cache").path
      func names() -> [String] { (try? Self.files.contentsOfDirectory(atPath: cache)) ?? [] }
      let end = try Self.interrupt(
        [
          "probe", "encoder", Fixture.url("tabletop-vlm").path, "--data", Fixture.url("demonstrations").path,
          "--cache", cache,
        ], with: SIGINT,
        when: {
          names().contains { $0.hasSuffix(".vlmtool-partial") }
            && (!secondEncoder || names().contains { $0.hasSuffix(".h5") })
        })
      let said = try #require(end)
      #expect(said.status == 130)
      #expect(
        said.errors.hasSuffix(
          "interrupted: activations are kept in \(cache); the same command goes on from there\n"
        ),
        "\(said.errors)")
      #expect(names().allSatisfy { $0.hasSuffix(".h5") }, "\(names())")
      #expect(names().isEmpty == !secondEncoder)
    }
  }

  /// What `nohup` has a program ignore stays ignored.
  @Test func anIgnoredSignalIsIgnored() throws {
    let run = try ToolProcess.run(
      "/bin/sh",
      [
        "-c", "trap '' INT; \"$0\" bench probe --runs 1 >/dev/null & sleep 0.5; kill -INT $!; wait $!",
        ToolProcess.executable.path,
      ])
    #expect(run.status == 0, "\(run.errors)")
  }
}
