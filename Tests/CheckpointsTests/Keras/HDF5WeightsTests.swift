import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

/// Weights in HDF5, against what h5py and the naming rules of keras and transformers say is in them;
/// `make_hdf5_weights.py`.
@Suite struct HDF5WeightsTests {
  struct Expectation: Decodable {
    let dtype: DType
    let shape: [Int]
    let sha256: String
  }

  static let root = Fixture.url("containers/weights")
  static let expected = try! JSONDecoder().decode(
    [String: [String: Expectation]].self, from: Data(contentsOf: root.appending(path: "EXPECTED.json")))
  static let names = expected.keys.sorted()

  private func open(_ name: String) throws -> (any CheckpointReader, [String: Expectation]) {
    (try Checkpoint.open(Self.root.appending(path: name).path), try #require(Self.expected[name]))
  }

  @Test(arguments: names) func findsEveryTensor(name: String) throws {
    let (reader, expected) = try open(name)
    #expect(reader.tensors.map(\.name) == expected.keys.sorted())
    for tensor in reader.tensors {
      let wanted = try #require(expected[tensor.name])
      #expect(tensor.dtype == wanted.dtype && tensor.shape.dimensions == wanted.shape, "\(tensor.name)")
      #expect(FileManager.default.fileExists(atPath: reader.file(of: tensor.name)))
    }
  }

  @Test(arguments: names) func lendsTheBytes(name: String) throws {
    let (reader, expected) = try open(name)
    for tensor in reader.tensors {
      let hash = try reader.withBytes(of: tensor.name) { bytes in
        #expect(bytes.count == tensor.byteCount)
        return SHA256.hash(of: bytes)
      }
      #expect(hash == expected[tensor.name]?.sha256, "\(tensor.name)")
    }
  }

  /// Any part, also one that begins and ends within rows and chunks, is that part of the whole.
  @Test(arguments: names) func readsAnyPart(name: String) throws {
    let (reader, _) = try open(name)
    for tensor in reader.tensors {
      let whole = try reader.withBytes(of: tensor.name) { [UInt8]($0) }
      for (lower, upper) in [(0, 1), (1, 2), (1, 7), (3, 4)] {
        let range =
          whole.count * lower / upper / 2..<max(whole.count * lower / upper / 2, whole.count * 9 / 10)
        var part = [UInt8](repeating: 0xee, count: range.count)
        try part.withUnsafeMutableBytes { try reader.readBytes(of: tensor.name, range, into: $0) }
        #expect(part == Array(whole[range]), "\(tensor.name) \(range)")
      }
    }
  }

  /// Each file of a checkpoint in several is found by the directory, by its index, and not by a shard alone.
  @Test func opensDirectoryAndIndexAlike() throws {
    for (folder, index) in [
      ("sharded", "model.weights.json"), ("tensorflow-sharded", "tf_model.h5.index.json"),
      ("tensorflow", "tf_model.h5"),
    ] {
      let (directory, _) = try open(folder)
      let byIndex = try Checkpoint.open(Self.root.appending(path: "\(folder)/\(index)").path)
      #expect(byIndex.tensors == directory.tensors)
    }
  }

  /// Contiguous data needs no memory of its own: what is lent twice at once is the same place, the file's
  /// mapping; packed data are unpacked into a buffer for each loan.
  @Test(arguments: [("contiguous", true), ("gzip", false)])
  func lendsContiguousDataFromTheFile(storage: String, isLentInPlace: Bool) throws {
    let (reader, _) = try open("storage.weights.h5")
    let name = "layers/\(storage)/vars/0"
    try reader.withBytes(of: name) { outer in
      try reader.withBytes(of: name) { inner in
        #expect((outer.baseAddress == inner.baseAddress) == isLentInPlace)
      }
    }
  }

  /// What is refused in any HDF5 file is refused in one that is given as weights.
  @Test(
    arguments: BrokenFileTests.cases.filter { $0.hasPrefix("hdf5/") && !$0.contains("attribute") }
  ) func refusesBrokenFiles(name: String) throws {
    let expectation = try #require(BrokenFileTests.expectations[name])
    let path = BrokenFileTests.root.appending(path: name).path
    let error = try #require(
      #expect(throws: VLMError.self) {
        let reader = try Checkpoint.open(path)
        for tensor in reader.tensors { try reader.withBytes(of: tensor.name) { _ in } }
      })
    let isText = ["files.hdf5.text", "files.hdf5.tooLarge"].contains(expectation.code)
    #expect(error.code.rawValue == (isText ? "files.hdf5.type" : expectation.code), "\(error)")
  }
}
