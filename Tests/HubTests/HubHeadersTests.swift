import Files
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Hub

@Suite struct HubHeadersTests {
  /// A file with a header of `count` bytes before ten thousand of data.
  private static func safetensors(_ count: Int) -> [UInt8] {
    var header = Array("{\"x\": {\"dtype\": \"U8\", \"shape\": [1000000], \"data_offsets\": [0, 1000000]}}".utf8)
    header += [UInt8](repeating: UInt8(ascii: " "), count: count - header.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + header + FakeHub.bytes(1_000_000)
  }

  /// Headers shorter and longer than the first request; a server that knows no ranges gives the same.
  @Test(arguments: [true, false]) func onlyHeadersAreRead(knowsRanges: Bool) throws {
    let files = [
      "config.json": Array("{}".utf8), "tokenizer.json": FakeHub.bytes(400_000), "a.safetensors": Self.safetensors(80),
      "b.safetensors": Self.safetensors(300_000), "pytorch_model.bin": FakeHub.bytes(1000),
    ]
    try Fixture.withTemporaryDirectory { cache in
      let hub = FakeHub(files, cache: cache) { request, _, answer in
        knowsRanges || answer.status != 206 ? answer : .init(200, [:], files[String(request.path.split(separator: "/").last!)]!)
      }
      defer { hub.server.stop() }
      var headers: HubHeaders? = try HubHeaders(
        HubRepository("hf://org/name", of: .model)!, manner: FakeHub.manner(), environment: hub.environment)
      let folder = try #require(headers?.folder)
      #expect(headers?.requests == 1 + 3 + 1)
      #expect(headers?.byteCount == 2 + (128 << 10) * 2 + 300_008)
      #expect(headers?.wholeByteCount == 2 + 400_000 + 1_000_088 + 1_300_008)
      for (name, count) in [("a.safetensors", 88), ("b.safetensors", 300_008)] {
        let found = try #require(FileManager.default.contents(atPath: "\(folder)/\(name)"))
        #expect(found.count == files[name]!.count && Array(found.prefix(count)) == Array(files[name]!.prefix(count)))
      }
      #expect(!FileManager.default.fileExists(atPath: folder + "/tokenizer.json"))
      headers = nil
      #expect(!FileManager.default.fileExists(atPath: folder))
    }
  }

  @Test func otherWeightsHaveNoHeaders() throws {
    try Fixture.withTemporaryDirectory { cache in
      let hub = FakeHub(["config.json": Array("{}".utf8), "pytorch_model.bin": FakeHub.bytes(1000)], cache: cache)
      defer { hub.server.stop() }
      let error = #expect(throws: VLMError.self) {
        try HubHeaders(HubRepository("hf://org/name", of: .model)!, manner: FakeHub.manner(), environment: hub.environment)
      }
      #expect(error?.code == .hubMalformed && error?.remedy == "fetch it with: vlmtool download hf://org/name")
    }
  }
}

@Suite struct HubSettingsTests {
  @Test func environmentAsHuggingFaceReadsIt() throws {
    try Fixture.withTemporaryDirectory { home in
      func settings(_ more: [String: String]) throws -> HubSettings {
        try HubSettings(environment: more.merging(["HF_HOME": home.path]) { own, _ in own })
      }
      let plain = try settings([:])
      #expect(plain.endpoint == "https://huggingface.co" && plain.token == nil && plain.offline == nil)
      try Data("hf_stored\n".utf8).write(to: home.appending(path: "token"))
      #expect(try settings([:]).token == "hf_stored")
      #expect(try settings(["HF_TOKEN": " hf_given "]).token == "hf_given")
      #expect(try settings(["HUGGING_FACE_HUB_TOKEN": "hf_old"]).token == "hf_old")
      #expect(try settings(["HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"]).token == nil)
      #expect(try settings(["HF_ENDPOINT": "https://mirror.example/hub/"]).endpoint == "https://mirror.example/hub")
      #expect(try settings(["HF_HUB_OFFLINE": "0"]).offline == nil && settings(["TRANSFORMERS_OFFLINE": "yes"]).offline == "TRANSFORMERS_OFFLINE")
      let error = #expect(throws: VLMError.self) { try settings(["HF_ENDPOINT": "mirror.example"]) }
      #expect(error?.code == .hubSettings)
      let token = #expect(throws: VLMError.self) { try settings(["HF_TOKEN": "hf_a\r\nX: y"]) }
      #expect(token?.code == .hubSettings && token?.remedy?.contains("HF_TOKEN") == true)
    }
  }

  @Test func oneKindOfWeights() {
    func chosen(_ paths: String...) -> [String] {
      let files = paths.map { HubListing.File(path: $0, byteCount: 1, hash: "") }
      return HubSelection(files, of: .model).files.map(\.path)
    }
    #expect(
      chosen(
        "config.json", "model-00001-of-00002.safetensors", "model.safetensors.index.json", "consolidated.safetensors", "pytorch_model.bin",
        "onnx/model.onnx", "original/model.safetensors", "logo.png", "merges.txt", "README.md")
        == ["config.json", "model-00001-of-00002.safetensors", "model.safetensors.index.json", "merges.txt", "README.md"])
    #expect(chosen("model.weights.h5", "assets/tokenizer/vocabulary.spm", "x.gguf") == ["model.weights.h5", "assets/tokenizer/vocabulary.spm"])
    #expect(chosen("pytorch_model.bin", "tf_model.h5") == ["tf_model.h5"])
    let videos = [HubListing.File(path: "videos/a.mp4", byteCount: 1, hash: "")]
    #expect(HubSelection(videos, of: .dataset).files == videos)
  }
}
