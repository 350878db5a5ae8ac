import Files
import Foundation
import TestSupport
import Testing

/// Names of the hub in commands, on a server of the test's own.
@Suite struct HubCommandTests {
  private static let commit = "0123456789abcdef0123456789abcdef01234567"
  private static let model = Fixture.url("families/siglip/transformers-4")

  /// The shipped model as `org/name`, beside weights that nobody needs.
  ///
  /// - Parameter body: gets the environment for a tool that asks this hub, with an empty cache.
  static func withHub(_ body: ([String: String], HubServer) throws -> Void) throws {
    var files: [String: [UInt8]] = ["pytorch_model.bin": [1, 2, 3]]
    for name in try FileManager.default.contentsOfDirectory(atPath: model.path) {
      files[name] = [UInt8](try Data(contentsOf: model.appending(path: name)))
    }
    let siblings = files.sorted { $0.key < $1.key }.map { name, bytes in
      let hash = bytes.withUnsafeBytes { SHA256.hash(of: $0) }
      return "{\"rfilename\": \"\(name)\", \"lfs\": {\"sha256\": \"\(hash)\", \"size\": \(bytes.count)}}"
    }
    let listing = "{\"sha\": \"\(commit)\", \"siblings\": [\(siblings.joined(separator: ", "))]}"
    let served = files
    let server = HubServer { request, _ in
      if request.path.hasPrefix("/api/models/org/name/") { return .init(200, [:], Array(listing.utf8)) }
      guard let bytes = served[String(request.path.split(separator: "/").last!)] else { return .init(404) }
      guard let range = request.range(of: bytes.count) else { return .init(200, [:], bytes) }
      return .init(206, ["Content-Range": "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(bytes.count)"], Array(bytes[range]))
    }
    defer { server.stop() }
    try Fixture.withTemporaryDirectory { cache in
      try body(["HF_ENDPOINT": server.address, "HF_HOME": cache.path, "HF_HUB_CACHE": "", "HF_HUB_OFFLINE": ""], server)
    }
  }

  @Test func inspectReadsHeadersOfWhatIsNotThere() throws {
    try Self.withHub { environment, server in
      let run = try ToolProcess.run("inspect", "hf://org/name", "--json", environment: environment)
      #expect(run.status == 0 && run.errors.contains("hf://org/name is not downloaded"), "\(run.errors)")
      let local = try ToolProcess.run("inspect", Self.model.path, "--json")
      #expect(
        run.output.replacing("hf:\\/\\/org\\/name", with: "PATH").replacing("hf://org/name", with: "PATH")
          == local.output.replacing(Self.model.path, with: "PATH").replacing(Self.model.path.replacing("/", with: "\\/"), with: "PATH"))
      #expect(!server.requests.contains { $0.path.hasSuffix(".safetensors") && $0.headers["range"] == nil })
      #expect(!FileManager.default.fileExists(atPath: environment["HF_HOME"]! + "/hub"))
    }
  }

  @Test func aCommandBringsWhatItNeeds() throws {
    try Self.withHub { environment, server in
      for _ in 0..<2 {
        let run = try ToolProcess.run("diff", "hf://org/name", Self.model.path, environment: environment)
        #expect(run.status == 0, "\(run.errors)")
      }
      // Once, and without the other weights.
      #expect(server.requests.count { $0.path.hasPrefix("/api/") } == 1)
      #expect(!server.requests.contains { $0.path.hasSuffix(".bin") })
      let again = try ToolProcess.run("download", "hf://org/name", environment: environment)
      #expect(again.status == 0 && again.output.hasSuffix("/snapshots/\(Self.commit)\n"), "\(again.errors)")
      #expect(server.requests.count { $0.path.contains("/resolve/") } == (try FileManager.default.contentsOfDirectory(atPath: Self.model.path)).count)
    }
  }

  @Test func offlineNothingIsAsked() throws {
    try Self.withHub { environment, server in
      let offline = environment.merging(["HF_HUB_OFFLINE": "1"]) { $1 }
      for arguments in [["inspect", "hf://org/name"], ["data", "inspect", "hf://datasets/org/name"]] {
        let run = try ToolProcess.run(arguments, environment: offline)
        #expect(run.status == 1 && run.errors.contains("fetch it with: vlmtool download hf://"), "\(run.errors)")
      }
      let download = try ToolProcess.run("download", "hf://org/name", environment: offline)
      #expect(download.status == 1 && download.errors.contains("HF_HUB_OFFLINE is set"), "\(download.errors)")
      #expect(server.requests.isEmpty)
    }
  }

  @Test func whatIsNotThereIsSaid() throws {
    try Self.withHub { environment, _ in
      let run = try ToolProcess.run("convert", "hf://org/other", "-o", environment["HF_HOME"]! + "/out", environment: environment)
      #expect(run.status == 1 && run.errors.contains("the hub has no such repository"), "\(run.errors)")
      let name = try ToolProcess.run("download", "org/name", environment: environment)
      #expect(name.status == 1 && name.errors.contains("write hf://org/name"), "\(name.errors)")
    }
  }
}
