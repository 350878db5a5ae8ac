import Files
import Foundation
import TestSupport
import Testing

/// Checkpoints saved through a wrapper: every command works as on the plain one, and says what it took from the names.
@Suite struct WrapperNameTests {
  struct Wrapper: Sendable, CustomTestStringConvertible {
    let name: String
    let fixture: String
    let said: String
    let rename: @Sendable (String) -> String
    var testDescription: String { name }
  }

  static let tabletop = "tabletop-vlm"

  static let wrappers =
    ["_orig_mod.", "module.", "base_model.model.", "qwen_vl_interface.model.", "module._orig_mod."].map { prefix in
      Wrapper(name: prefix, fixture: tabletop, said: "names without the prefix `\(last(prefix))`") { prefix + $0 }
    } + [
      Wrapper(
        name: "compiled inside", fixture: tabletop, said: "names without the prefix `_orig_mod.` after `model.`"
      ) { $0.hasPrefix("model.") ? "model._orig_mod." + $0.dropFirst(6) : $0 },
      Wrapper(
        name: "compiled block by block", fixture: tabletop, said: "the prefix `_orig_mod.` wherever it stands"
      ) { $0.replacing(#/((?:blocks|layers)\.\d+\.)/#) { "\($0.1)_orig_mod." } },
      Wrapper(
        name: "sharded", fixture: tabletop, said: "the prefix `_fsdp_wrapped_module.` wherever it stands"
      ) {
        "_fsdp_wrapped_module."
          + $0.replacing(#/((?:blocks|layers)\.\d+\.)/#) { "\($0.1)_fsdp_wrapped_module._checkpoint_wrapped_module." }
      },
      Wrapper(
        name: "peft's layers, merged", fixture: tabletop, said: "the prefix `base_layer.` wherever it stands"
      ) { "base_model.model." + $0.replacing("_proj.", with: "_proj.base_layer.") },
      Wrapper(
        name: "moved tower", fixture: "families/qwen2_5_vl/transformers-5",
        said: "names without the prefix `language_model.` after `model.`"
      ) { $0.replacing("model.visual.", with: "model.language_model.visual.") },
      Wrapper(
        name: "moved tower, compiled", fixture: "families/qwen2_5_vl/transformers-5",
        said: "names without the prefix `language_model.` after `model.`"
      ) { "_orig_mod." + $0.replacing("model.visual.", with: "model.language_model.visual.") },
      Wrapper(
        name: "towers under a policy's names", fixture: "families/qwen2_5_vl/transformers-5",
        said: "names without the prefix `policy.backbone.`"
      ) { "policy.backbone." + $0 },
    ]

  /// What of a prefix the search finds by itself; torch's own modules go first, and are said first.
  private static func last(_ prefix: String) -> String { prefix == "module._orig_mod." ? "module." : prefix }

  static func tool(_ arguments: String...) throws -> ToolProcess {
    let run = try ToolProcess.run(arguments)
    #expect(run.status == 0, "\(arguments): \(run.errors)")
    return run
  }

  @Test(arguments: wrappers) func isFoundAndSaid(wrapper: Wrapper) throws {
    let plain = Fixture.url(wrapper.fixture)
    try CheckpointCase.with(wrapper.fixture, { $0.rename(wrapper.rename) }) { folder in
      let inspected = try Self.tool("inspect", folder.path)
      #expect(inspected.errors.contains("note: ") && inspected.errors.contains(wrapper.said), "\(inspected.errors)")
      #expect(inspected.output.contains("coverage exact"))
      let json = try Self.tool("inspect", folder.path, "--json").output
      #expect(json.contains("\"notices\"") && json.contains("the prefix"), "\(json)")

      let difference = try Self.tool("diff", plain.path, folder.path, "--exit-code")
      #expect(difference.errors.contains(wrapper.said))
    }
  }

  @Test(arguments: [wrappers[0], wrappers[wrappers.count - 3]])
  func everyCommandWorksAsOnThePlainOne(wrapper: Wrapper) throws {
    let plain = Fixture.url(wrapper.fixture)
    try CheckpointCase.with(wrapper.fixture, { $0.rename(wrapper.rename) }) { folder in
      try Self.sameOutput("convert", plain, folder)
      try Self.sameOutput("quantize", plain, folder)
      try Self.sameOutput("convert", plain, folder, "--to", "hf")
      guard wrapper.fixture == Self.tabletop else { return }
      let words = ["--image", Fixture.url("images/frame.png").path, "--prompt", "Describe the scene."]
      let texts = try [plain, folder].map { try ToolProcess.run(["generate", $0.path] + words).output }
      #expect(texts[0] == texts[1] && !texts[0].isEmpty)
    }
  }

  /// Whether weights and configuration come out the same to the byte.
  private static func sameOutput(_ command: String, _ plain: URL, _ folder: URL, _ options: String...) throws {
    try Fixture.withTemporaryDirectory { directory in
      let outputs = try [plain, folder].enumerated().map { index, source in
        let output = directory.appending(path: "\(index)")
        let run = try ToolProcess.run([command, source.path, "-o", output.path] + options)
        #expect(run.status == 0, "\(run.errors)")
        return output
      }
      #expect(
        FileManager.default.contentsEqual(
          atPath: outputs[0].appending(path: "model.safetensors").path,
          andPath: outputs[1].appending(path: "model.safetensors").path), "\(command) \(options)")
    }
  }

  @Test func verifiesThroughAWrapper() throws {
    try CheckpointCase.with("families/qwen2_5_vl/transformers-5", { $0.rename { "model.vlm." + $0 } }) { folder in
      let run = try Self.tool(
        "verify", folder.path, "--reference", Fixture.url("families/qwen2_5_vl/reference.safetensors").path)
      #expect(run.errors.contains("names without the prefix `model.vlm.`") && run.output.contains("passed"))
    }
  }

  /// Two copies of the weights: which is meant cannot be known, and the user can say it.
  @Test func twoCopiesAreRefused() throws {
    try CheckpointCase.with(Self.tabletop, {
      let copy = $0.tensors.map { ("ema." + $0.key, $0.value) }
      $0.rename { "online." + $0 }
      $0.tensors.merge(copy) { $1 }
    }) { folder in
      let refused = try ToolProcess.run("inspect", folder.path)
      #expect(refused.status == 1)
      #expect(refused.errors.contains("`ema.`") && refused.errors.contains("`online.`"), "\(refused.errors)")
      #expect(refused.errors.contains("--prefix"))
      let chosen = try Self.tool("inspect", folder.path, "--prefix", "online.", "--ignore", "ema.*")
      #expect(chosen.errors.contains("names without the prefix `online.`"))
      #expect(chosen.errors.contains("104 tensors left out by --ignore 'ema.*'"), "\(chosen.errors)")
    }
  }

  /// A policy's own head is no part of the model: refused until the user says that it may be left out.
  @Test func aPolicysHeadIsLeftOutOnRequest() throws {
    try CheckpointCase.with(Self.tabletop, {
      $0.rename { "policy.vlm." + $0 }
      for index in 0..<3 {
        $0.tensors["policy.action_head.\(index).weight"] = .init(dtype: "F32", shape: [2], data: Data(count: 8))
      }
    }) { folder in
      let refused = try ToolProcess.run("quantize", folder.path, "-o", folder.path + "-int8")
      #expect(refused.status == 1)
      #expect(refused.errors.contains("policy.action_head.0.weight") && refused.errors.contains("--ignore"))
      let left = try Self.tool(
        "convert", folder.path, "-o", folder.path + "-out", "--ignore", "policy.action_head", "--json")
      #expect(left.errors.contains("note: ") && left.errors.contains("3 tensors left out by --ignore"), "\(left.errors)")
      #expect(left.output.contains("policy.action_head.2.weight"))
      try FileManager.default.removeItem(atPath: folder.path + "-out")
    }
  }

  @Test func whatMatchesNothingIsSaid() throws {
    let run = try Self.tool("inspect", Fixture.url(Self.tabletop).path, "--ignore", "head.*", "--prefix", "vlm.")
    #expect(run.errors.contains("warning: ") && run.errors.contains("--ignore 'head.*' matches no tensor"))
    #expect(run.errors.contains("--prefix 'vlm.'"))
  }

  /// A few stray names are not a wrapper's: they stay unclaimed.
  @Test func oneOddNameIsNoWrapper() throws {
    try CheckpointCase.with(Self.tabletop, { made in
      made.rename { $0.contains("blocks.1.norm1.weight") ? "old." + $0 : $0 }
    }) { folder in
      let run = try ToolProcess.run("inspect", folder.path)
      #expect(run.status == 1 && run.output.contains("old."))
    }
  }
}
