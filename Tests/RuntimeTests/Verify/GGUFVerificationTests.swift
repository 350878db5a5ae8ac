import Foundation
import Images
import Mapping
import Runtime
import Tensors
import TestSupport
import Testing

/// What llama.cpp's own converter wrote of a family that is read from GGUF and not written
/// (fixtures/oracle/make_gguf_models.py), against transformers on the same weights.
@Suite struct GGUFVerificationTests {
  @Test(arguments: ["reference", "generation"]) func computesWhatTransformersDoes(file: String) throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url("containers/gguf/gemma3/model").path)
    #expect(checkpoint.configuration.family == "gemma3" && checkpoint.configuration.dialect == "gguf")
    let report = try Verification.run(
      checkpoint, reference: Fixture.url("containers/gguf/gemma3/\(file).safetensors").path)
    #expect(report.passed && report.taps.count == (file == "reference" ? 16 : 1))
  }

  /// The two files alone say how pictures are prepared, as the processor's own file does.
  @Test func picturesNeedNoOtherFile() throws {
    let picture = try RGBImage(contentsOf: Fixture.url("images/frame.png").path)
    let folder = Fixture.url("containers/gguf/gemma3/model")
    let expected = try VisionModel(MappedCheckpoint.open(folder.path)).prepare(picture)
    try Fixture.withTemporaryDirectory { directory in
      for file in ["model.gguf", "mmproj.gguf"] {
        try FileManager.default.copyItem(at: folder.appending(path: file), to: directory.appending(path: file))
      }
      let alone = try VisionModel(MappedCheckpoint.open(directory.path)).prepare(picture)
      #expect(alone.tiles.count == 1 && alone.tiles[0].grid.count == 36)
      #expect(alone.tiles[0].patches.values == expected.tiles[0].patches.values)
    }
  }

  /// Its gains are 1 + weight, which no other layout has.
  @Test func staysInItsLayout() throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url("containers/gguf/gemma3/model").path)
    let catalog = try FamilyCatalog.builtIn()
    for (format, says) in [(OutputFormat.hf, "unitOffsetNorm"), (.gguf, "gains of norms")] {
      let error = try #require(throws: VLMError.self) {
        _ = try ConversionPlan(of: checkpoint, to: format, catalog: catalog)
      }
      #expect(error.message.contains(says))
    }
  }
}
