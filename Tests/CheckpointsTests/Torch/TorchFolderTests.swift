import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

/// Files of torch in folders, beside others.
@Suite struct TorchFolderTests {
  /// A folder with files of `fixtures/` under other names.
  private func withFolder(_ files: [String: String], _ body: (URL) throws -> Void) throws {
    try Fixture.withTemporaryDirectory { folder in
      for (name, source) in files {
        try FileManager.default.copyItem(at: Fixture.url(source), to: folder.appending(path: name))
      }
      try body(folder)
    }
  }

  private static let (plain, tied) = ("containers/torch/plain.bin", "containers/torch/tied.bin")

  @Test(arguments: ["pytorch_model.bin", "model.pt", "policy.pth", "epoch=1-step=9.ckpt"])
  func theOnlyFile(name: String) throws {
    try withFolder([name: Self.plain, "training_args.bin": Self.tied, "optimizer.pt": Self.tied]) { folder in
      let reader = try Checkpoint.open(folder.path)
      #expect(reader.tensors.contains { $0.name == "0.weight" } && reader.file(of: "0.weight").hasSuffix(name))
      #expect(try WeightSets.notices(in: folder.path, reading: reader).isEmpty)
    }
  }

  /// Safetensors beside it are read, and that is said.
  @Test func safetensorsGoFirst() throws {
    try withFolder(["model.safetensors": "containers/all_dtypes.safetensors", "pytorch_model.bin": Self.plain]) { folder in
      let reader = try Checkpoint.open(folder.path)
      #expect(!reader.tensors.contains { $0.name == "0.weight" })
      let notices = try WeightSets.notices(in: folder.path, reading: reader).map(\.message)
      #expect(notices == ["model.safetensors is read, not pytorch_model.bin"])
    }
  }

  @Test func severalAreAmbiguous() throws {
    try withFolder(["epoch=1.ckpt": Self.plain, "last.ckpt": Self.plain]) { folder in
      let error = try #require(#expect(throws: VLMError.self) { try Checkpoint.open(folder.path) })
      #expect(error.code == .directoryIsAmbiguous && error.message.contains("epoch=1.ckpt, last.ckpt"), "\(error)")
    }
  }

  /// An adapter with the settings of its training is no model.
  @Test func aLoneAdapter() throws {
    try withFolder(["adapter_model.bin": Self.plain, "training_args.bin": Self.plain]) { folder in
      try Data("{}".utf8).write(to: folder.appending(path: "adapter_config.json"))
      let error = try #require(#expect(throws: VLMError.self) { try Checkpoint.open(folder.path) })
      #expect("\(error)".contains("without its base model"), "\(error)")
    }
  }

  /// DeepSpeed's checkpoints are folders with the ending of a file.
  @Test func foldersAreNoFiles() throws {
    try withFolder([:]) { folder in
      let inner = folder.appending(path: "last.ckpt")
      try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
      try FileManager.default.copyItem(at: Fixture.url(Self.plain), to: inner.appending(path: "model.pt"))
      let error = try #require(#expect(throws: VLMError.self) { try Checkpoint.open(folder.path) })
      #expect("\(error)".contains("(give \(folder.path)/last.ckpt)"), "\(error)")
    }
  }

  /// Under a name of no container an archive is called what it is.
  @Test func otherNames() throws {
    try withFolder(["model": Self.plain, "model.safetensors": Self.plain]) { folder in
      for name in ["model", "model.safetensors"] {
        let error = try #require(
          #expect(throws: VLMError.self) { try Checkpoint.open(folder.appending(path: name).path) })
        #expect(error.code == .fileIsPickle && "\(error)".contains("name it *.bin, *.pt"), "\(error)")
      }
    }
  }

  @Test func aShardIsMissing() throws {
    try Fixture.withTemporaryDirectory { folder in
      let place = folder.appending(path: "model")
      try FileManager.default.copyItem(at: Fixture.url("containers/torch/sharded"), to: place)
      try FileManager.default.removeItem(at: place.appending(path: "pytorch_model-00002-of-00002.bin"))
      let error = try #require(#expect(throws: VLMError.self) { try Checkpoint.open(place.path) })
      #expect(error.code == .indexMissingShard && error.file?.hasSuffix("pytorch_model.bin.index.json") == true)
    }
  }
}
