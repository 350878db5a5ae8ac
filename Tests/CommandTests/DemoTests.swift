import Foundation
import TestSupport
import Testing

/// The whole job on what ships in `fixtures/`.
@Suite struct DemoTests {
  @Test func doesTheWholeJob() throws {
    try Fixture.withTemporaryDirectory { directory in
      let run = try ToolProcess.run(
        "demo", "--output", directory.appending(path: "out").path, "--fixtures", Fixture.root.path,
        environment: ["XDG_CACHE_HOME": directory.path])
      #expect(run.status == 0, "\(run.errors)")
      for command in ["inspect", "convert", "quantize", "probe encoder"] {
        #expect(run.output.contains("$ vlmtool \(command) "), "\(command)")
      }
      for name in ["tabletop-vlm/manifest.json", "tabletop-vlm-int8/model.safetensors", "report.html"] {
        #expect(FileManager.default.fileExists(atPath: directory.appending(path: "out/\(name)").path), "\(name)")
      }
    }
  }
}
