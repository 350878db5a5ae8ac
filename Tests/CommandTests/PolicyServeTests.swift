import Foundation
import TestSupport
import Testing

/// `policy serve` as a program; what its server does with clients is in ServingTests.
@Suite struct PolicyServeTests {
  /// A policy of the shipped model, hardly trained.
  static func withPolicy(_ body: (String) throws -> Void) throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "policy.safetensors").path
      let run = try ToolProcess.run([
        "policy", "train", Fixture.url("tabletop-vlm").path, "--data", Fixture.url("demonstrations").path,
        "--no-cache", "--frames", "40",
        "--steps", "3", "-o", path,
      ])
      #expect(run.status == 0, "\(run.errors)")
      try body(path)
    }
  }

  /// A file beside the result that is somebody else's stays, and nothing is trained.
  @Test func trainingLeavesAForeignStateAlone() throws {
    try Fixture.withTemporaryDirectory { directory in
      let output = directory.appending(path: "policy.safetensors").path
      let foreign = URL(filePath: output + ".training")
      try Data("mine".utf8).write(to: foreign)
      let run = try ToolProcess.run([
        "policy", "train", Fixture.url("tabletop-vlm").path, "--data", Fixture.url("demonstrations").path, "--no-cache", "-o", output,
      ])
      #expect(run.status == 1 && run.errors.contains("policy.safetensors.training"), "\(run.errors)")
      #expect(try Data(contentsOf: foreign) == Data("mine".utf8))
      #expect(!FileManager.default.fileExists(atPath: output))
    }
  }

  @Test func givesTheActionsOfRun() throws {
    let image = Fixture.url("images/frame.png")
    try Self.withPolicy { policy in
      let run = try ToolProcess.run([
        "policy", "run", policy, "--image", image.path, "--instruction", "push", "--json",
      ])
      let expected = try Self.numbers(Data(run.output.utf8), "actions") as? [[[Double]]]
      try ServerProcess.run(["policy", "serve", policy]) { server in
        let client = try RawClient(port: server.port)
        #expect(try client.get("/healthz").text == "OK\n")
        let metadata =
          try JSONSerialization.jsonObject(with: Data(try client.get("/metadata").body)) as? [String: Any]
        #expect(
          metadata?["chunk"] as? Int == expected?[0].count
            && metadata?["width"] as? Int == expected?[0][0].count)
        let picture = try Data(contentsOf: image).base64EncodedString()
        for _ in 0..<2 {
          let answer = try client.post("/act", "{\"image\": \"\(picture)\", \"instruction\": \"push\"}")
          #expect(answer.status == 200, "\(answer.text)")
          #expect(try Self.numbers(Data(answer.body), "actions") as? [[Double]] == expected?[0])
        }
        #expect(try client.post("/act", "{}").status == 400)
        #expect(try client.get("/healthz").status == 200)
      }
    }
  }

  private static func numbers(_ json: Data, _ key: String) throws -> Any? {
    (try JSONSerialization.jsonObject(with: json) as? [String: Any])?[key]
  }

  @Test func aPortThatIsTaken() throws {
    try Self.withPolicy { policy in
      try ServerProcess.run(["policy", "serve", policy]) { server in
        let run = try ToolProcess.run(["policy", "serve", policy, "--port", "\(server.port)"])
        #expect(
          run.status == 1 && run.errors.contains("error: cannot listen on 127.0.0.1, port \(server.port)"),
          "\(run.errors)")
      }
    }
  }
}
