import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

/// A path beside the checkpoint that was meant: the error names the right one.
@Suite struct NearbyCheckpointsTests {
  /// Makes folders with weights in them, opens `path` and returns what is said.
  private func refusal(_ folders: [String], opening path: String = "") throws -> (text: String, root: String)
  {
    try Fixture.withTemporaryDirectory { root in
      for folder in folders {
        let url = root.appending(path: folder)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try Data("{}".utf8).write(to: url.appending(path: "config.json"))
        try FileManager.default.copyItem(
          at: Fixture.url("containers/all_dtypes.safetensors"), to: url.appending(path: "model.safetensors"))
      }
      let opened = path.isEmpty ? root : root.appending(path: path)
      let error = try #require(#expect(throws: VLMError.self) { try Checkpoint.open(opened.path) })
      return ("\(error)", root.path)
    }
  }

  @Test(arguments: [
    ["checkpoint-1000"], ["pretrained_model"], ["checkpoints/020000/pretrained_model"],
    ["snapshots/0123456789abcdef0123456789abcdef01234567"],
  ])
  func theOnlyFolderBelow(folders: [String]) throws {
    let (text, root) = try refusal(folders)
    #expect(text.contains("(give \(root)/\(folders[0]))"), "\(text)")
  }

  @Test func severalFoldersBelow() throws {
    let (text, root) = try refusal(["checkpoint-500", "checkpoint-1000", "a/b"])
    #expect(text.contains("in 3 below it"), "\(text)")
    #expect(
      text.contains("give one of \(root)/checkpoint-1000, \(root)/checkpoint-500, \(root)/a/b"), "\(text)")
  }

  @Test func aFileOfTheCheckpoint() throws {
    let (text, root) = try refusal(["model"], opening: "model/config.json")
    #expect(text.contains("give the checkpoint's directory: \(root)/model/"), "\(text)")
  }

  @Test func theFolderAbove() throws {
    try Fixture.withTemporaryDirectory { root in
      let inner = root.appending(path: "assets")
      try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
      try Data().write(to: root.appending(path: "model.safetensors"))
      let error = try #require(#expect(throws: VLMError.self) { try Checkpoint.open(inner.path) })
      #expect("\(error)".contains("the directory above has weights: give \(root.path)/"), "\(error)")
    }
  }

  /// A link to a folder is not followed: it may lead round in a circle.
  @Test func linksAreNotFollowed() throws {
    try Fixture.withTemporaryDirectory { root in
      try FileManager.default.createSymbolicLink(at: root.appending(path: "again"), withDestinationURL: root)
      let error = try #require(#expect(throws: VLMError.self) { try Checkpoint.open(root.path) })
      #expect(error.code == .directoryHasNoCheckpoint)
    }
  }

  @Test(arguments: [
    ("https://huggingface.co/Qwen/Qwen2-VL-2B-Instruct", "write hf://Qwen/Qwen2-VL-2B-Instruct for"),
    (
      "https://huggingface.co/Qwen/Qwen2-VL-2B-Instruct/tree/main", "write hf://Qwen/Qwen2-VL-2B-Instruct for"
    ),
    ("https://huggingface.co/org/name/tree/v1.0", "write hf://org/name@v1.0 for"),
    ("huggingface.co/org/name", "write hf://org/name for"),
    ("https://hf.co/org/name", "write hf://org/name for"),
    ("https://example.com/model.safetensors", "is an address on the web, and not the hub's"),
  ])
  func addresses(path: String, words: String) throws {
    let error = try #require(#expect(throws: VLMError.self) { try HubCache.resolve(path) })
    #expect("\(error)".contains(words), "\(error)")
  }
}
