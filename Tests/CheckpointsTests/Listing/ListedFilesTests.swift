import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

/// Whatever has tensors is listed, and nothing in it is run or followed.
@Suite struct ListedFilesTests {
  private func open(_ path: String) throws -> any TensorSource {
    try ListedFiles.open(Fixture.url(path).path)
  }

  @Test func shardsWithoutIndex() throws {
    let source = try open("broken/directory/two-files-without-index")
    #expect(source.tensors.map(\.name) == ["a", "b"])
    #expect(Set(source.tensors.map(\.file)).count == 2)
    #expect(source.notes.first?.contains("No index") == true)
  }

  @Test func demonstrations() throws {
    let source = try open("demonstrations/lift_the_puck_to_the_blue_ball_demo.hdf5")
    #expect(source.container == "HDF5")
    let actions = try #require(source.tensors.firstIndex { $0.name == "data/demo_0/actions" })
    #expect(source.tensors[actions].shape.rank == 2)
    #expect(source.metadata.keys.contains { $0.hasPrefix("/data@") })
    let dataset = try HDF5File(source.tensors[actions].file).dataset("/data/demo_0/actions")
    let expected = try dataset.bytes()
    var bytes = [UInt8](repeating: 0, count: source.tensors[actions].byteCount)
    try bytes.withUnsafeMutableBytes { try source.read(actions, 0..<$0.count, into: $0) }
    #expect(bytes == expected)
  }

  /// Links are named, and what this program cannot read is listed by its class.
  @Test(arguments: [
    ("hdf5/soft-link", "soft link"), ("hdf5/external-link", "another file"),
    ("hdf5/group-in-itself", "another name"),
    ("hdf5/compound-type", "compound"), ("hdf5/filter-bitshuffle", "bitshuffle"), ("hdf5/virtual-dataset", "other files"),
  ])
  func whatIsNotReadIsNoted(name: String, words: String) throws {
    let source = try open("broken/\(name).h5")
    #expect(source.notes.contains { $0.contains(words) }, "\(source.notes)")
  }

  @Test func strings() throws {
    let source = try open("broken/weights/strings.weights.h5")
    #expect(source.tensors.contains { $0.type == "strings" && !$0.isReadable })
  }

  /// What stands beside the weights is said, and of the weights every element can be read.
  @Test func torch() throws {
    let source = try open("containers/torch/lightning.ckpt")
    #expect(source.container == "PyTorch")
    #expect(source.tensors.contains { $0.name == "model.action_token" && $0.type == "F32" && $0.shape == [4] })
    #expect(source.tensors.allSatisfy { $0.isReadable })
    #expect(source.notes.first?.hasPrefix("the weights are those under \"state_dict\"") == true, "\(source.notes)")
    #expect(try open("containers/torch/sharded").container == "PyTorch")
  }

  @Test func codeIsNotListed() {
    #expect(throws: VLMError.self) { try open("broken/torch/os-system.pt") }
  }
}
