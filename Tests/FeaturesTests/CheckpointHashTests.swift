import Features
import Foundation
import Mapping
import TestSupport
import Testing

/// Activations of one model must never be taken for those of another.
@Suite struct CheckpointHashTests {
  /// The scales that tokens are rounded by are no parameters, and count all the same.
  @Test func countsHowInputsAreRounded() throws {
    let original = Fixture.url("quantized-inputs/layer")
    try Fixture.withTemporaryDirectory { directory in
      let copy = directory.appending(path: "layer")
      try FileManager.default.copyItem(at: original, to: copy)
      let path = copy.appending(path: "model.safetensors")
      var file = try Data(contentsOf: path)
      let before = try CheckpointHash.sha256(of: MappedCheckpoint.open(copy.path))
      #expect(try before == CheckpointHash.sha256(of: MappedCheckpoint.open(original.path)))

      let length = file.prefix(8).enumerated().reduce(0) { $0 + Int($1.element) << (8 * $1.offset) }
      let header = try #require(JSONSerialization.jsonObject(with: file[8..<8 + length]) as? [String: Any])
      let name = try #require(header.keys.sorted().first { $0.hasSuffix(".input_scale") })
      let place = try #require(((header[name] as? [String: Any])?["data_offsets"] as? [Int])?.first)
      file[8 + length + place] ^= 1
      try file.write(to: path)
      #expect(try before != CheckpointHash.sha256(of: MappedCheckpoint.open(copy.path)))
    }
  }
}
