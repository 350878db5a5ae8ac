import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing
@testable import Files

/// Files of other kinds are called what they are; those of `fixtures/broken/safetensors` in `BrokenFileTests` too.
@Suite struct FileKindTests {
  @Test(arguments: [
    ("onnx", "an ONNX model"), ("flax-msgpack", "a msgpack file"), ("png", "a PNG picture"),
    ("jpeg", "a JPEG picture"),
    ("video", "a video"), ("parquet-table", "a Parquet table"), ("tflite", "a TensorFlow Lite model"),
    ("archive-of-arrays", "an archive of NumPy arrays"), ("json", "a JSON file"), ("tar", "a tar archive"),
    ("pickle-zip", "an archive of PyTorch"), ("pickle-raw", "a PyTorch pickle"), ("gguf", "a GGUF file"),
    ("git-lfs-pointer", "a git-lfs pointer"), ("web-page", "a web page"), ("hdf5", "an HDF5 file"),
  ])
  func isNamed(file: String, words: String) throws {
    let kind = try #require(FileKind(at: Fixture.url("broken/safetensors/\(file).safetensors").path))
    #expect(kind.name.hasPrefix(words), "\(kind.name)")
  }

  /// Beginnings of safetensors headers of every length, some of which are other kinds' signatures.
  @Test func aHeaderIsNothingElse() {
    for length in [0x7b, 0x5b, 0x0280, 0x0480, 0x0880, 0x3c, 0x89, 0xd8ff] as [UInt64] {
      var bytes = withUnsafeBytes(of: length.littleEndian) { [UInt8]($0) }
      bytes += [UInt8]("{\"a\":".utf8) + [UInt8](repeating: 0x20, count: 64)
      bytes.withUnsafeBytes { #expect(FileKind(head: $0, path: "model.pt") == nil, "\(length)") }
    }
  }

  /// Nothing is said of where the first byte stands, nor of a header that is none.
  @Test(arguments: ["png", "json", "pickle-zip", "git-lfs-pointer", "gguf", "header-length-all-ones"])
  func errorsAreFreeOfNonsense(file: String) throws {
    let path = Fixture.url("broken/safetensors/\(file).safetensors").path
    let error = try #require(#expect(throws: VLMError.self) { try Checkpoint.open(path) })
    #expect(!"\(error)".contains("at byte 0"), "\(error)")
    #expect("\(error)".firstMatch(of: /\d{12}/) == nil, "\(error)")
  }
}
