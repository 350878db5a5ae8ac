import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Mapping

@Suite struct CheckpointDiffTests {
  private static func open(_ path: String) throws -> MappedCheckpoint {
    try MappedCheckpoint.open(Fixture.url(path).path)
  }

  /// A copy of a model of `fixtures/families` with some tensors changed.
  private func altered(
    _ model: String, as dtype: DType? = nil, in directory: URL, _ change: (String, inout [Float]) -> Void
  ) throws -> MappedCheckpoint {
    let source = Fixture.url(model)
    let reader = try Checkpoint.open(source.path)
    let tensors = try reader.tensors.map { tensor in
      var values = [Float](repeating: 0, count: tensor.shape.count)
      try values.withUnsafeMutableBufferPointer { values in
        try reader.withBytes(of: tensor.name) { Kernels.active.convert($0, of: tensor.dtype, to: values) }
      }
      change(tensor.name, &values)
      let descriptor = TensorDescriptor(name: tensor.name, dtype: dtype ?? tensor.dtype, shape: tensor.shape)
      var bytes = [UInt8](repeating: 0, count: descriptor.byteCount)
      bytes.withUnsafeMutableBytes { bytes in
        values.withUnsafeBufferPointer { Kernels.active.convert($0, to: descriptor.dtype, in: bytes) }
      }
      return PlannedTensor.bytes(bytes, descriptor: descriptor)
    }
    let output = try AtomicDirectory(
      directory.path, replacing: { Set((try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? []) })
    _ = try SafetensorsWriter().write(tensors, hashing: [], into: output, progress: nil)
    try output.write([UInt8](Data(contentsOf: source.appending(path: "config.json"))), to: "config.json")
    try output.commit()
    return try MappedCheckpoint.open(directory.path)
  }

  private func component(_ name: String, _ diff: CheckpointDiff) throws -> CheckpointDiff.Group {
    try #require(diff.components.first { $0.name == name })
  }

  /// The same weights under old and new names, some of them in another dtype.
  @Test(arguments: ["clip", "siglip", "qwen2_vl", "qwen2_5_vl"])
  func dialectsMakeNoDifference(family: String) throws {
    let diff = try CheckpointDiff.between(
      Self.open("families/\(family)/transformers-4"), Self.open("families/\(family)/transformers-5"))
    #expect(diff.isSame)
    #expect(diff.components.allSatisfy { $0.figures.relative == 0 && $0.figures.largest == 0 })
    let isCopy = diff.parameters.allSatisfy { Set($0.dtypes).count == 1 }
    #expect(
      diff.summary.hasPrefix(
        isCopy ? "Vision encoder bit-identical" : "Vision encoder equal after conversion from"))
    #expect(diff.notes.isEmpty)
  }

  @Test func measuresWhatChanged() throws {
    try Fixture.withTemporaryDirectory { directory in
      let before = try Self.open("families/qwen2_vl/transformers-5")
      let after = try altered(
        "families/qwen2_vl/transformers-5", in: directory.appending(path: "after")
      ) { name, values in
        if name.hasPrefix("model.language_model.layers.") {
          for index in values.indices { values[index] *= 1.03 }
        }
      }
      let diff = try CheckpointDiff.between(before, after)
      #expect(!diff.isSame)
      #expect(try component("vision", diff).likeness == .identical)
      #expect(try component("projector", diff).likeness == .identical)
      let language = try component("language", diff)
      #expect(language.changed > 0 && language.identical > 0)
      // Blocks are 3 % larger; embedding and norm stay, so the whole changed by less.
      let blocks = diff.modules.filter { $0.name.hasPrefix("language.blocks.") }
      for block in blocks {
        #expect(abs((block.figures.relative ?? 0) - 0.03) < 1e-6, "\(block.name) \(block.figures)")
        #expect(abs((block.figures.cosine ?? 0) - 1) < 1e-9)
      }
      var (difference, total) = (0.0, 0.0)
      for parameter in diff.parameters where parameter.component == .language {
        for value in try before.floats(parameter.name).values {
          total += Double(value) * Double(value)
          if parameter.likeness == .changed { difference += pow(0.03 * Double(value), 2) }
        }
      }
      #expect(abs((language.figures.relative ?? 0) - (difference / total).squareRoot()) < 1e-6)
      #expect(
        diff.summary.hasPrefix("Vision encoder bit-identical, projector bit-identical, language changed "))
    }
  }

  @Test func tellsRoundingFromChange() throws {
    try Fixture.withTemporaryDirectory { directory in
      let wide = try Self.open("families/clip/transformers-5")
      #expect(wide.parameters.values.allSatisfy { $0.dtype == .f32 })
      let narrow = try altered(
        "families/clip/transformers-5", as: .bf16, in: directory.appending(path: "b")
      ) { _, _ in }
      let diff = try CheckpointDiff.between(wide, narrow)
      #expect(diff.parameters.allSatisfy { $0.likeness == .rounded || $0.likeness == .equal })
      let vision = try component("vision", diff)
      #expect(vision.rounded > 0 && (vision.figures.relative ?? 1) < 1 / 256)
      #expect(diff.summary.contains("changed by rounding only from F32 to BF16, 0."))
      // Back in f32 the rounded values are equal, but no longer the same bits.
      let again = try altered("families/clip/transformers-5", as: .f32, in: directory.appending(path: "c")) {
        _, values in
        for index in values.indices {
          values[index] = Float(bitPattern: Self.rounded(values[index].bitPattern))
        }
      }
      let back = try CheckpointDiff.between(narrow, again)
      #expect(back.isSame && back.parameters.allSatisfy { $0.likeness == .equal })
      #expect(back.summary.hasPrefix("Vision encoder equal after conversion from BF16 to F32"))
    }
  }

  /// To bfloat16, nearest even.
  private static func rounded(_ bits: UInt32) -> UInt32 {
    (bits &+ 0x7fff &+ (bits >> 16 & 1)) & 0xffff_0000
  }

  @Test func notANumberIsChangedAndHasNoFigures() throws {
    try Fixture.withTemporaryDirectory { directory in
      let before = try Self.open("families/siglip/transformers-5")
      let after = try altered("families/siglip/transformers-5", in: directory.appending(path: "n")) {
        name, values in
        if name == "logit_scale" { values[0] = .nan }
      }
      let diff = try CheckpointDiff.between(before, after)
      let parameter = try #require(diff.parameters.first { $0.name == "contrastive.logit_scale" })
      #expect(
        parameter.likeness == .changed && parameter.figures.relative == nil
          && parameter.figures.largest == nil)
      #expect(diff.summary.contains("other parameters changed beyond measure"))
      #expect(try CheckpointDiff.between(after, after).isSame)
    }
  }

  /// Slices are small enough to straddle, and threads make no difference.
  @Test func figuresDoNotDependOnThreads() throws {
    let (first, second) = (
      try Self.open("families/clip/transformers-5"), try Self.open("keras/clip/kerashub")
    )
    #expect(throws: VLMError.self) {
      try CheckpointDiff.between(first, Self.open("families/qwen2_vl/transformers-5"), only: [.other])
    }
    let diff = try CheckpointDiff.between(first, second)
    let threads = Parallel.threads
    defer { Parallel.threads = threads }
    Parallel.threads = 1
    #expect(try CheckpointDiff.between(first, second) == diff)
    #expect(!diff.resized.isEmpty)
  }

  @Test(
    arguments: [
      (0.0314159, "3.1 %"), (0.000012, "0.0012 %"), (1.4, "140 %"), (0, "0 %"), (0.1, "10 %"),
      (1e-13, "1.0e-11 %"),
    ] as [(Double, String)])
  func percentages(value: Double, text: String) {
    #expect(CheckpointDiff.percent(value) == text)
  }

  /// The hub's names stand beside the runtime's, whichever layout a checkpoint is in.
  @Test func namesOfTheHubAreThere() throws {
    let path = Fixture.url("families/qwen2_5_vl/transformers-4").path
    let diff = try CheckpointDiff.between(try MappedCheckpoint.open(path), try MappedCheckpoint.open(path))
    let key = try #require(diff.parameters.first { $0.name == "vision.blocks.0.attention.key.weight" })
    #expect(key.sources == [["visual.blocks.0.attn.qkv.weight"], ["visual.blocks.0.attn.qkv.weight"]])
    let module = try #require(diff.modules.first { $0.name == "vision.blocks.0.attention.key" })
    #expect(module.sources == ["visual.blocks.0.attn.qkv"])
  }
}
