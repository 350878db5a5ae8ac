import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct HubCacheTests {
  @Test func findsTheSnapshotOfARevision() throws {
    try Fixture.withTemporaryDirectory { cache in
      let model = cache.appending(path: "models--org--name")
      let snapshot = model.appending(path: "snapshots/abc123")
      try FileManager.default.createDirectory(at: snapshot, withIntermediateDirectories: true)
      try FileManager.default.createDirectory(
        at: model.appending(path: "refs"), withIntermediateDirectories: true)
      try Data("abc123\n".utf8).write(to: model.appending(path: "refs/main"))
      let environment = ["HF_HUB_CACHE": cache.path]
      #expect(try HubCache.resolve("hf://org/name", environment: environment) == snapshot.path)
      #expect(try HubCache.resolve("hf://org/name@abc123", environment: environment) == snapshot.path)
      #expect(try HubCache.resolve("some/folder/there", environment: environment) == "some/folder/there")
      #expect(try HubCache.resolve(cache.path, environment: environment) == cache.path)
      let bare = #expect(throws: VLMError.self) { try HubCache.resolve("org/name", environment: environment) }
      #expect(bare?.code == .fileNotFound && bare?.remedy?.contains("hf://org/name") == true)
      let absent = #expect(throws: VLMError.self) {
        try HubCache.resolve("hf://org/other", environment: environment)
      }
      #expect(absent?.code == .hubNotCached)
    }
  }

  @Test func findsDataSets() throws {
    try Fixture.withTemporaryDirectory { cache in
      let folder = cache.appending(path: "datasets--lerobot--pusht")
      let snapshot = folder.appending(path: "snapshots/abc123")
      try FileManager.default.createDirectory(at: snapshot, withIntermediateDirectories: true)
      try FileManager.default.createDirectory(
        at: folder.appending(path: "refs"), withIntermediateDirectories: true)
      try Data("abc123".utf8).write(to: folder.appending(path: "refs/main"))
      func find(_ name: String) throws(VLMError) -> String? {
        try HubCache.snapshot(name, of: .dataset, environment: ["HF_HUB_CACHE": cache.path])
      }
      #expect(try find("hf://datasets/lerobot/pusht") == snapshot.path)
      #expect(try find("some/folder") == nil)
      let model = #expect(throws: VLMError.self) { try find("hf://lerobot/pusht") }
      #expect(model?.code == .hubName && model?.remedy?.contains("hf://datasets/org/name") == true)
      let web = #expect(throws: VLMError.self) { try find("https://huggingface.co/datasets/lerobot/pusht") }
      #expect(web?.remedy?.contains("hf://datasets/lerobot/pusht") == true)
      let absent = #expect(throws: VLMError.self) { try find("hf://datasets/lerobot/aloha") }
      #expect(absent?.remedy == "fetch it with: vlmtool download hf://datasets/lerobot/aloha")
    }
  }

  @Test(arguments: [
    "hf://", "hf://name", "hf://../name", "hf://a/b/c", "hf://a/b@", "hf://a/b@../x", "hf://a/..",
  ])
  func refuses(name: String) {
    let error = #expect(throws: VLMError.self) {
      try HubCache.resolve(name, environment: ["HF_HUB_CACHE": "/nowhere"])
    }
    #expect(error?.code == .hubName)
  }
}
