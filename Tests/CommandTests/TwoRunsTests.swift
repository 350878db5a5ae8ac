import Dispatch
import Foundation
import Synchronization
import TestSupport
import Testing

/// Two runs at once: one waits or refuses in a clear line, and the output is that of one run, never of both.
@Suite struct TwoRunsTests {
  @Test(arguments: ["convert", "quantize"]) func neverMixTheirOutput(verb: String) throws {
    try Fixture.withTemporaryDirectory { directory in
      let model = Fixture.url("tabletop-vlm").path
      let expected = directory.appending(path: "expected")
      #expect(try ToolProcess.run(verb, model, "-o", expected.path, "--quiet").status == 0)
      for _ in 0..<5 {
        let output = directory.appending(path: "output")
        let runs = try Self.atOnce(3, [verb, model, "-o", output.path, "--quiet"])
        #expect(runs.contains { $0.status == 0 })
        for run in runs where run.status != 0 {
          #expect(run.status == 1)
          #expect(
            run.errors.contains("another run is writing this directory")
              || run.errors.contains("the output directory is not empty"), "\(run.errors)")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: expected.path).sorted()
        #expect(try FileManager.default.contentsOfDirectory(atPath: output.path).sorted() == names)
        for name in names {
          #expect(
            FileManager.default.contentsEqual(
              atPath: expected.appending(path: name).path, andPath: output.appending(path: name).path), "\(name)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == ["expected", "output"])
        try FileManager.default.removeItem(at: output)
      }
    }
  }

  @Test func shareACache() throws {
    try Fixture.withTemporaryDirectory { directory in
      func arguments(_ cache: String) -> [String] {
        [
          "probe", "encoder", Fixture.url("tabletop-vlm").path, "--data", Fixture.url("demonstrations").path,
          "--frames", "60", "--permutations", "100", "--quiet", "--cache",
          directory.appending(path: cache).path,
        ]
      }
      let alone = try ToolProcess.run(arguments("alone"))
      #expect(alone.status == 0, "\(alone.errors)")
      let runs = try Self.atOnce(2, arguments("shared"))
      for run in runs { #expect(run.status == 0, "\(run.errors)") }
      let names = try FileManager.default.contentsOfDirectory(atPath: directory.appending(path: "alone").path)
      #expect(
        try Set(FileManager.default.contentsOfDirectory(atPath: directory.appending(path: "shared").path)) == Set(names))
      for name in names {
        let paths = ["alone", "shared"].map { directory.appending(path: "\($0)/\(name)").path }
        #expect(FileManager.default.contentsEqual(atPath: paths[0], andPath: paths[1]))
      }
    }
  }

  private static func atOnce(_ count: Int, _ arguments: [String]) throws -> [ToolProcess] {
    let results = Mutex<[Result<ToolProcess, any Error>]>([])
    DispatchQueue.concurrentPerform(iterations: count) { _ in
      let result = Result { try ToolProcess.run(arguments) }
      results.withLock { $0.append(result) }
    }
    return try results.withLock { try $0.map { try $0.get() } }
  }
}
