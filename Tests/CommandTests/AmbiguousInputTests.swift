import Files
import Foundation
import TestSupport
import Testing

/// Checkpoints that can be read in two ways: what was chosen is said, or none is.
@Suite struct AmbiguousInputTests {
  static let tabletop = "tabletop-vlm"
  static let question = ["--image", NotFiniteTests.image, "--prompt", "Describe the scene."]

  private static func run(_ status: Int32, _ arguments: [String], _ said: String...) throws -> ToolProcess {
    let run = try ToolProcess.run(arguments)
    #expect(run.status == status, "\(arguments): \(run.errors)")
    for text in said { #expect(run.errors.contains(text), "\(arguments): \(run.errors)") }
    return run
  }

  private static func table(_ made: CheckpointCase) throws -> CheckpointCase.Tensor {
    try #require(made.tensors.first { $0.key.hasSuffix("embed_tokens.weight") }?.value)
  }

  // MARK: Weights

  /// As transformers since 5: a head that is stored counts, whatever the configuration ties.
  @Test func aStoredHeadCounts() throws {
    try CheckpointCase.with(Self.tabletop, {
      let table = try Self.table($0)
      // Another head: every token's logit is its neighbour's, so that the text is another one.
      let row = table.data.count / table.shape[0]
      $0.tensors["lm_head.weight"] = .init(
        dtype: table.dtype, shape: table.shape, data: table.data.dropFirst(row) + table.data.prefix(row))
      $0.config["tie_word_embeddings"] = true
    }) { folder in
      let inspected = try Self.run(0, ["inspect", folder.path], "note: ", "a head is stored: the stored one is used")
      #expect(inspected.output.contains("head stored although config.json ties it"), "\(inspected.output)")
      let texts = try [Fixture.url(Self.tabletop), folder].map {
        try ToolProcess.run(["generate", $0.path, "--max-tokens", "8"] + Self.question).output
      }
      #expect(texts[0] != texts[1] && !texts[1].isEmpty)
    }
  }

  @Test func float8WithoutScalesIsRefused() throws {
    try CheckpointCase.with(Self.tabletop, { made in
      for (name, tensor) in made.tensors where name.hasSuffix("q_proj.weight") {
        made.tensors[name] = .init(
          dtype: "F8_E4M3", shape: tensor.shape, data: tensor.data.prefix(tensor.data.count / 2))
      }
    }) { folder in
      for command in ["convert", "quantize"] {
        _ = try Self.run(
          1, [command, folder.path, "-o", folder.path + "-q"], "F8_E4M3 without scales", "q_proj.weight",
          "bf16 checkpoint")
      }
      // What cannot be mapped can be looked at.
      #expect(try Self.run(0, ["inspect", folder.path, "--json"]).output.contains("F8_E4M3 without scales"))
    }
  }

  @Test(arguments: [true, false]) func twoSetsOfWeights(areTheSame: Bool) throws {
    try CheckpointCase.with(Self.tabletop, { made in
      let names = made.tensors.keys.sorted()
      var map: [String: String] = [:]
      for (index, part) in [names[..<50], names[50...]].enumerated() {
        let file = "model-0000\(index + 1)-of-00002.safetensors"
        var tensors = made.tensors.filter { part.contains($0.key) }
        if !areTheSame, index == 1 {
          let changed = part.first!
          tensors[changed]!.data = Data(count: tensors[changed]!.data.count)
        }
        made.files[file] = try CheckpointCase.bytes(tensors)
        for name in part { map[name] = file }
      }
      made.files["model.safetensors.index.json"] = try JSONSerialization.data(
        withJSONObject: ["metadata": [String: String](), "weight_map": map] as [String: Any])
    }) { folder in
      if areTheSame {
        _ = try Self.run(0, ["inspect", folder.path], "note: ", "the weights are there twice; model.safetensors is read")
      } else {
        _ = try Self.run(
          1, ["convert", folder.path, "-o", folder.path + "-out"], "two sets of weights that differ",
          "model.safetensors.index.json", "give the path of the one you mean")
        _ = try Self.run(0, ["inspect", folder.path + "/model.safetensors"])
      }
    }
  }

  @Test func whatIsNotReadIsSaid() throws {
    try CheckpointCase.with(Self.tabletop, { made in
      made.files["ema.safetensors"] = try CheckpointCase.bytes(made.tensors)
    }) { folder in
      _ = try Self.run(0, ["inspect", folder.path], "note: ", "model.safetensors is read, not ema.safetensors")
    }
  }

  private static func addAdapter(_ made: inout CheckpointCase) throws {
    made.files["adapter_config.json"] = Data(
      #"{"peft_type": "LORA", "r": 4, "base_model_name_or_path": "org/base-7b"}"#.utf8)
    made.files["adapter_model.safetensors"] = try CheckpointCase.bytes([
      "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight": .init(
        dtype: "F32", shape: [4, 128], data: Data(count: 2048))
    ])
  }

  @Test func anAdapterBesideTheWeightsIsSaid() throws {
    try CheckpointCase.with(Self.tabletop, { try Self.addAdapter(&$0) }) { folder in
      let said = "an adapter (LORA) of `org/base-7b` lies beside the weights and is not applied"
      let reference = Fixture.url("tabletop-vlm/reference.safetensors").path
      for arguments in [
        ["inspect", folder.path], ["convert", folder.path, "-o", folder.path + "-c"],
        ["quantize", folder.path, "-o", folder.path + "-q"], ["verify", folder.path, "--reference", reference],
        ["generate", folder.path, "--max-tokens", "1"] + Self.question, ["diff", folder.path, folder.path],
        ["bench", "encoder", folder.path, "--side", "112", "--runs", "1"],
      ] {
        let run = try Self.run(0, arguments, "warning: ", said)
        let count = run.errors.ranges(of: said).count
        #expect(count == (arguments[0] == "diff" ? 2 : 1), "said once for each opening: \(run.errors)")
      }
      let json = try ToolProcess.run("inspect", folder.path, "--json").output
      #expect(json.contains("\"notices\"") && json.contains("\"warning\"") && json.contains(said))
      for ending in ["-c", "-q"] { try FileManager.default.removeItem(atPath: folder.path + ending) }
    }
  }

  @Test func anAdapterAloneNamesItsBase() throws {
    try CheckpointCase.with(Self.tabletop, {
      try Self.addAdapter(&$0)
      $0.files["model.safetensors"] = .some(nil)
    }) { folder in
      _ = try Self.run(1, ["inspect", folder.path], "org/base-7b", "without its base model", "give BASE+")
    }
  }

  @Test func factorsThatAreNotMergedAreNamed() throws {
    try CheckpointCase.with(Self.tabletop, { made in
      made.rename { "base_model.model." + $0.replacing("q_proj.", with: "q_proj.base_layer.") }
      made.tensors["base_model.model.model.layers.0.self_attn.q_proj.lora_A.default.weight"] = .init(
        dtype: "F32", shape: [4, 128], data: Data(count: 2048))
    }) { folder in
      _ = try Self.run(1, ["convert", folder.path, "-o", folder.path + "-c"], "an adapter that is not merged")
    }
  }

  // MARK: Settings

  @Test func twoValuesForOneSettingAreSaid() throws {
    try CheckpointCase.with(Self.tabletop, { made in
      made.config["rope_theta"] = 10000.0
      var section = (made.config["text_config"] as? [String: Any]) ?? made.config
      var rope = (section["rope_parameters"] ?? section["rope_scaling"]) as? [String: Any] ?? [:]
      rope["rope_theta"] = 123456.0
      section["rope_parameters"] = rope
      if made.config["text_config"] != nil { made.config["text_config"] = section } else { made.config = section }
    }) { folder in
      let run = try Self.run(
        0, ["inspect", folder.path], "warning: ", "two values for rope_theta", "10000", "123456", "123456 is used")
      #expect(run.output.contains("coverage exact"))
    }
  }

  @Test func twoProcessorFilesThatDifferAreSaid() throws {
    try CheckpointCase.with(Self.tabletop, { made in
      let own = try made.object("preprocessor_config.json")
      made.files["processor_config.json"] = try JSONSerialization.data(
        withJSONObject: ["image_processor": own.merging(["resample": 2]) { $1 }])
    }) { folder in
      _ = try Self.run(0, ["inspect", folder.path], "warning: ", "resample differ", "processor_config.json counts")
    }
  }

  /// Settings quantized by others: mlx says so under a key of its own.
  @Test func settingsOfMLXWithoutItsCodesAreSaid() throws {
    try CheckpointCase.with(Self.tabletop, { $0.config["quantization"] = ["bits": 4, "group_size": 64] }) { folder in
      _ = try Self.run(0, ["inspect", folder.path], "warning: ", "are said to be quantized (mlx), and none is")
    }
  }

  @Test func twoFamiliesAreNoChange() throws {
    let run = try ToolProcess.run(
      "diff", Fixture.url(Self.tabletop).path, Fixture.url("families/qwen2_vl/transformers-5").path)
    #expect(run.output.hasPrefix("Two families, qwen2_5_vl and qwen2_vl"), "\(run.output) \(run.errors)")
  }

  // MARK: Texts

  /// `tokenizers` gives an added token the id of its place, whatever the file says.
  @Test func anAddedTokensIdIsThatOfItsPlace() throws {
    try CheckpointCase.with(Self.tabletop, { made in
      var tokenizer = try made.object("tokenizer.json")
      var added = try #require(tokenizer["added_tokens"] as? [[String: Any]])
      added[added.count - 1]["id"] = 527
      tokenizer["added_tokens"] = added
      made.files["tokenizer.json"] = try JSONSerialization.data(withJSONObject: tokenizer)
    }) { folder in
      let arguments = ["generate", folder.path, "--max-tokens", "8"] + Self.question
      let run = try Self.run(
        0, arguments, "warning: ", "tokenizer.json", "<|video_pad|>", "says id 527, but its place gives it 524")
      let plain = try ToolProcess.run(["generate", Fixture.url(Self.tabletop).path, "--max-tokens", "8"] + Self.question)
      #expect(run.output == plain.output)
    }
  }

  @Test func aPostProcessorsUnknownTokenIsNamed() throws {
    try CheckpointCase.with(Self.tabletop, { made in
      var tokenizer = try made.object("tokenizer.json")
      let processor = #"""
        {"type": "TemplateProcessing", "pair": [],
         "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
         "special_tokens": {"<s>": {"id": "<s>", "ids": [-1], "tokens": ["<s>"]}}}
        """#
      tokenizer["post_processor"] = try JSONSerialization.jsonObject(with: Data(processor.utf8))
      made.files["tokenizer.json"] = try JSONSerialization.data(withJSONObject: tokenizer)
    }) { folder in
      _ = try Self.run(1, ["generate", folder.path] + Self.question, "tokenizer.json", "<s>", "-1")
    }
  }

  // MARK: One file, one reading

  /// Python's JSON has NaN: config.json with one is read as without, by mapping and image processor alike, and so is the copy of it
  /// in a runtime checkpoint.
  @Test func oneReadingOfTheConfiguration() throws {
    let clip = #"""
      {"feature_extractor_type": "CLIPFeatureExtractor", "size": 56, "crop_size": 56, "do_center_crop": true,
       "do_resize": true, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
      """#
    func figures(_ folder: URL, _ name: String) throws -> String {
      let output = folder.path + "-\(name)"
      let run = try Self.run(
        0, ["quantize", folder.path, "-o", output, "--image", NotFiniteTests.image, "--json"])
      defer { try? FileManager.default.removeItem(atPath: output) }
      return try #require(run.output.firstMatch(of: /"stages" : \[[^\]]*\]/)).output.description
    }
    var found: [String] = []
    for addition in ["", ", \"some_unused\": NaN", ", \"some_unused\": 1 /* a comment */"] {
      try CheckpointCase.with("families/internvl_qwen3/native", { made in
        made.files["preprocessor_config.json"] = Data(clip.utf8)
        let text = String(decoding: try JSONSerialization.data(withJSONObject: made.config), as: UTF8.self)
        made.files["config.json"] = Data((String(text.dropLast()) + addition + "}").utf8)
      }) { folder in
        found.append(try figures(folder, "int8"))
        let runtime = folder.path + "-runtime"
        _ = try Self.run(0, ["convert", folder.path, "-o", runtime])
        found.append(try figures(URL(filePath: runtime), "int8"))
        try FileManager.default.removeItem(atPath: runtime)
      }
    }
    #expect(Set(found).count == 1, "\(found)")
    #expect(found[0].contains("projector"))
  }
}
