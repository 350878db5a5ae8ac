import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

/// Blocks of ggml as gguf-py dequantizes them; see `make_gguf_models.py`.
@Suite struct GGMLBlocksTests {
  private struct Expected: Decodable { let shape: [Int]; let sha256: String }

  @Test(arguments: [1, 33, 1000, 1 << 20]) func valuesAreThoseOfGGUFPy(step: Int) throws {
    let expected = try JSONDecoder().decode(
      [String: Expected].self, from: Data(contentsOf: Fixture.url("containers/gguf/blocks.json")))
    let reader = try Checkpoint.open(Fixture.url("containers/gguf/blocks.gguf").path)
    #expect(Set(reader.tensors.map(\.name)) == Set(expected.keys) && expected.count == 8)
    for tensor in reader.tensors {
      let wanted = try #require(expected[tensor.name])
      #expect(tensor.dtype == .f32 && tensor.shape.dimensions == wanted.shape)
      let hash = SHA256()
      var buffer = [UInt8](repeating: 0, count: step)
      for start in stride(from: 0, to: tensor.byteCount, by: step) {
        let count = min(step, tensor.byteCount - start)
        try buffer.withUnsafeMutableBytes {
          let part = UnsafeMutableRawBufferPointer(rebasing: $0[..<count])
          try reader.readBytes(of: tensor.name, start..<start + count, into: part)
          hash.update(UnsafeRawBufferPointer(part))
        }
      }
      #expect(hash.finish() == wanted.sha256, "\(tensor.name) by \(step)")
    }
  }

  /// What is listed is what is in the file.
  @Test func listingsKeepTheTypes() throws {
    let listed = try ListedFiles.open(Fixture.url("containers/gguf/blocks.gguf").path)
    #expect(listed.tensors.map(\.type) == listed.tensors.map(\.name))
  }

  @Test func othersAreRefusedByName() throws {
    try Fixture.withTemporaryDirectory { directory in
      var bytes = try Data(contentsOf: Fixture.url("containers/gguf/blocks.gguf"))
      // Q8_0 and IQ4_NL differ in size, Q4_0 and IQ4_NL do not.
      let name = try #require(bytes.range(of: Data("Q4_0".utf8)))
      let type = name.upperBound + 4 + 16
      bytes[type] = 20
      let path = directory.appending(path: "model.gguf").path
      try bytes.write(to: URL(filePath: path))
      let error = #expect(throws: VLMError.self) { try Checkpoint.open(path) }
      #expect(
        error?.code == .ggufBlocks && error?.tensor == "Q4_0" && error?.message.contains("IQ4_NL") == true)
    }
  }
}
