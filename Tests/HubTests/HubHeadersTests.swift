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

  private func chosen(_ paths: [String], _ name: String = "hf://org/name") throws -> [String] {
    let files = paths.map { HubListing.File(path: $0, byteCount: 1, hash: "") }
    return try HubSelection(files, of: #require(try HubRepository(name, of: .model))).files.map(\.path)
  }

  @Test func oneKindOfWeights() throws {
    func chosen(_ paths: String...) throws -> [String] { try self.chosen(paths) }
    #expect(
      try chosen(
        "config.json", "model-00001-of-00002.safetensors", "model.safetensors.index.json", "consolidated.safetensors", "pytorch_model.bin",
        "onnx/model.onnx", "original/model.safetensors", "logo.png", "merges.txt", "README.md")
        == ["config.json", "model-00001-of-00002.safetensors", "model.safetensors.index.json", "merges.txt", "README.md"])
    #expect(try chosen("model.weights.h5", "assets/tokenizer/vocabulary.spm", "x.gguf") == ["model.weights.h5", "assets/tokenizer/vocabulary.spm"])
    #expect(try chosen("pytorch_model.bin", "tf_model.h5") == ["tf_model.h5"])
    let videos = [HubListing.File(path: "videos/a.mp4", byteCount: 1, hash: "")]
    let data = try #require(try HubRepository("hf://datasets/org/name", of: .dataset))
    #expect(try HubSelection(videos, of: data).files == videos)
  }

  /// Many models in a repository: the one that is named, and one image encoder.
  @Test func oneOfSeveralGGUFFiles() throws {
    let files = [
      "README.md", "X-7B-BF16.gguf", "X-7B-Q4_K_M.gguf", "X-7B-UD-Q4_K_M.gguf", "X-7B-Q8_0-00001-of-00002.gguf",
      "X-7B-Q8_0-00002-of-00002.gguf", "mmproj-X-7B-Q8_0.gguf", "mmproj-X-7B-f16.gguf",
    ]
    let encoder = "mmproj-X-7B-f16.gguf"
    #expect(try chosen(files, "hf://org/name:q4_k_m") == ["README.md", "X-7B-Q4_K_M.gguf", encoder])
    #expect(try chosen(files, "hf://org/name@v1:UD-Q4_K_M") == ["README.md", "X-7B-UD-Q4_K_M.gguf", encoder])
    #expect(try chosen(files, "hf://org/name:Q8_0") == ["README.md", files[4], files[5], encoder])
    #expect(try chosen(["X.gguf", "mmproj-X.gguf"]) == ["X.gguf", "mmproj-X.gguf"])
    #expect(try chosen(["model.safetensors", "X-Q8_0.gguf"]) == ["model.safetensors"])
    #expect(try chosen(["model.safetensors", "config.json", "X-Q8_0.gguf"], "hf://org/name:Q8_0") == ["config.json", "X-Q8_0.gguf"])
    let unnamed = #expect(throws: VLMError.self) { try chosen(files) }
    #expect(unnamed?.code == .hubVariant && unnamed?.message.contains("4 models") == true)
    #expect(unnamed?.remedy == "name one, such as hf://org/name:BF16; there are BF16, Q4_K_M, Q8_0")
    let missing = #expect(throws: VLMError.self) { try chosen(files, "hf://org/name:Q2_K") }
    #expect(missing?.code == .hubVariant && missing?.remedy == "there are BF16, Q4_K_M, Q8_0")
    #expect(throws: VLMError.self) { try chosen(["model.safetensors"], "hf://org/name:Q8_0") }
    for name in ["hf://org/name:", "hf://org/name:a/b", "hf://org/name:.."] {
      #expect(throws: VLMError.self) { _ = try HubRepository(name, of: .model) }
    }
    #expect(throws: VLMError.self) { _ = try HubRepository("hf://datasets/org/name:Q8_0", of: .dataset) }
  }
}
