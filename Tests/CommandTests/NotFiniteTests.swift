import Files
import Foundation
import TestSupport
import Testing

/// A NaN or an infinity among the weights: every command that computes names it and exits with 1, and shows no figure.
@Suite struct NotFiniteTests {
  static let tabletop = "tabletop-vlm"
  static let image = Fixture.url("images/frame.png").path

  /// All elements of a bf16 tensor replaced.
  private static func fill(_ made: inout CheckpointCase, _ ending: String, _ bytes: [UInt8]) throws -> String {
    let name = try #require(made.tensors.keys.sorted().first { $0.hasSuffix(ending) })
    let tensor = try #require(made.tensors[name])
    try #require(tensor.dtype == "BF16")
    made.tensors[name]!.data = Data((0..<tensor.data.count).map { bytes[$0 % 2] })
    return name
  }

  static let nan: [UInt8] = [0xC0, 0x7F]
  /// 3e38: finite, but no product with it is.
  static let huge: [UInt8] = [0x61, 0x7F]

  private static func fails(_ arguments: [String], naming text: String) throws {
    let run = try ToolProcess.run(arguments)
    #expect(run.status == 1, "\(arguments)")
    #expect(run.errors.contains("error: ") && run.errors.contains(text), "\(arguments): \(run.errors)")
    #expect(!run.output.contains("exact") && !run.output.contains("!!!"), "\(run.output)")
  }

  @Test func aNormIsNamed() throws {
    try CheckpointCase.with(Self.tabletop, { _ = try Self.fill(&$0, "blocks.1.norm1.weight", Self.nan) }) { folder in
      let tensor = "vision.blocks.1.norm1.weight"
      try Self.fails(
        ["quantize", folder.path, "-o", folder.path + "-q", "--image", Self.image], naming: tensor)
      try? FileManager.default.removeItem(atPath: folder.path + "-q")
      // Also where nothing is computed with it, and nothing is left behind.
      try Self.fails(["quantize", folder.path, "-o", folder.path + "-q"], naming: tensor)
      #expect(!FileManager.default.fileExists(atPath: folder.path + "-q"))
      try Self.fails(
        ["generate", folder.path, "--image", Self.image, "--prompt", "Describe the scene."], naming: tensor)
      try Self.fails(
        ["verify", folder.path, "--reference", Fixture.url("tabletop-vlm/reference.safetensors").path],
        naming: tensor)
      try Self.fails(["bench", "encoder", folder.path, "--side", "112", "--runs", "1"], naming: tensor)
      try Self.fails(
        [
          "probe", "encoder", folder.path, "--data", Fixture.url("demonstrations").path, "--no-cache", "--frames", "120",
        ], naming: tensor)
      try Self.fails(
        ["diff", Fixture.url(Self.tabletop).path, folder.path], naming: tensor)
      try Self.fails(["diff", folder.path, folder.path], naming: tensor)
    }
  }

  /// Weights used where they lie in the file are not read on loading: the first stage that is not finite is named.
  @Test func aStageOfTheLanguageModelIsNamed() throws {
    try CheckpointCase.with(
      Self.tabletop, { _ = try Self.fill(&$0, "layers.1.mlp.down_proj.weight", Self.nan) }
    ) { folder in
      try Self.fails(
        ["generate", folder.path, "--image", Self.image, "--prompt", "Describe the scene."],
        naming: "language.blocks.1:")
      try Self.fails(
        ["bench", "prefill", folder.path, "--side", "112", "--runs", "1", "--tokens", "1"],
        naming: "language.blocks.1:")
    }
  }

  @Test func anOverflowingActivationIsNamed() throws {
    try CheckpointCase.with(
      Self.tabletop, { _ = try Self.fill(&$0, "blocks.2.norm2.weight", Self.huge) }
    ) { folder in
      try Self.fails(
        ["quantize", folder.path, "-o", folder.path + "-q", "--image", Self.image], naming: "vision.blocks.2:")
      try? FileManager.default.removeItem(atPath: folder.path + "-q")
    }
  }

  /// Scales of a damaged int8 checkpoint.
  @Test func anInt8ScaleIsNamed() throws {
    try Fixture.withTemporaryDirectory { directory in
      let int8 = directory.appending(path: "int8")
      #expect(try ToolProcess.run("quantize", Fixture.url(Self.tabletop).path, "-o", int8.path).status == 0)
      let weights = int8.appending(path: "model.safetensors")
      var tensors = try CheckpointCase.read(weights)
      let name = "vision.blocks.0.mlp.down.weight_scale"
      let infinity = withUnsafeBytes(of: Float.infinity) { Data($0) }
      tensors[name]!.data.replaceSubrange(tensors[name]!.data.startIndex..<tensors[name]!.data.startIndex + 4, with: infinity)
      try CheckpointCase.bytes(tensors).write(to: weights)
      try Self.fails(
        ["generate", int8.path, "--image", Self.image, "--prompt", "Describe the scene."], naming: name)
    }
  }

  /// A recording with a NaN fails by its own tap, not by one that is fine.
  @Test func aReferenceTapIsNamed() throws {
    try Fixture.withTemporaryDirectory { directory in
      var tensors = try CheckpointCase.read(Fixture.url("families/qwen2_5_vl/reference.safetensors"))
      let tap = try #require(tensors["vision.blocks.1"])
      tensors["vision.blocks.1"]!.data = Data(repeating: 0xFF, count: tap.data.count)
      let reference = directory.appending(path: "reference.safetensors")
      try CheckpointCase.bytes(tensors).write(to: reference)
      let run = try ToolProcess.run(
        "verify", Fixture.url("families/qwen2_5_vl/transformers-4").path, "--reference", reference.path)
      #expect(run.status == 1)
      let outcome = try #require(run.output.split(separator: "\n").last { $0.contains("failed: ") })
      #expect(outcome.contains("vision.blocks.1") && !outcome.contains("largest difference"), "\(run.output)")
    }
  }

  @Test func int8ThatDisagreesFails() throws {
    try Fixture.withTemporaryDirectory { directory in
      let arguments = [
        "quantize", Fixture.url(Self.tabletop).path, "-o", directory.path + "/int8", "--image", Self.image,
      ]
      let run = try ToolProcess.run(arguments + ["--minimum-cosine", "0.9999999"])
      #expect(run.status == 1)
      #expect(run.errors.contains("below 0.9999999") && run.errors.contains("vision."), "\(run.errors)")
      #expect(try ToolProcess.run(arguments + ["--overwrite", "--minimum-cosine", "0.999"]).status == 0)
    }
    #expect(try ToolProcess.run("quantize", "x", "-o", "y", "--minimum-cosine", "0.9").status == 64)
  }
}
