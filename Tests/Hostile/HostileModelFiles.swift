import ChatTemplates
import Checkpoints
import Files
import Foundation
import Images
import Mapping
import Runtime
import Tensors
import TestSupport
import Tokenizers

/// What stands beside weights, and the pictures that go in.
extension HostileReader {
  private static let picture = RGBImage(
    width: 48, height: 36, pixels: (0..<48 * 36 * 3).map { UInt8(truncatingIfNeeded: $0 &* 37) })

  /// Reads the small Qwen2-VL with an adapter's folder merged into it.
  private static func readAdapted(_ folder: String) throws {
    let checkpoint = try MappedCheckpoint.open(
      Fixture.url("families/qwen2_vl/transformers-4").path + "+" + folder)
    for tensor in checkpoint.reader.tensors {
      try checkpoint.reader.withBytes(of: tensor.name) { _ = $0.first }
    }
  }

  static let adapterSettings = HostileReader(
    name: "adapter-settings",
    bases: ["patterns", "rslora", "dora"].map {
      Base("adapters/\($0)/adapter_config.json", in: "adapters/\($0)")
    },
    mutate: JSONMutation.mutation(own: [#""(a+)+$""#, #"{"(.*)*x": 3}"#, "1e300", "-1", "0"]),
    read: readAdapted, commands: [])

  static let adapters = HostileReader(
    name: "adapters",
    bases: ["patterns", "rslora", "dora"].map {
      Base("adapters/\($0)/adapter_model.safetensors", in: "adapters/\($0)")
    },
    mutate: ContainerMutation.safetensors, read: readAdapted, commands: [])

  /// Checkpoints whose weights other libraries keep in few bits.
  private static let quantizedModels = folders(with: "model.safetensors").filter {
    $0.hasPrefix("quantized/")
  }

  private static func readQuantized(_ folder: String) throws {
    let checkpoint = try MappedCheckpoint.open(folder)
    for tensor in checkpoint.reader.tensors {
      try checkpoint.reader.withBytes(of: tensor.name) { _ = $0.first }
    }
  }

  static let quantizedSettings = HostileReader(
    name: "quantized-settings", bases: quantizedModels.map { Base("\($0)/config.json", in: $0) },
    mutate: JSONMutation.mutation(own: [
      #"["re:(a+)+$"]"#, #""pack-quantized""#, "[0, 1]", "1e300", "-1", "0", "3", "9",
    ]), read: readQuantized,
    commands: [])

  static let quantized = HostileReader(
    name: "quantized", bases: quantizedModels.map { Base("\($0)/model.safetensors", in: $0) },
    mutate: ContainerMutation.safetensors,
    read: readQuantized, commands: [["convert", "@", "-o", "@.out", "--overwrite", "--dequantize"]])

  static let config = HostileReader(
    name: "config", bases: folders(with: "config.json").map { Base("\($0)/config.json", in: $0) },
    mutate: JSONMutation.mutation(),
    read: { path in
      let checkpoint = try MappedCheckpoint.open(path)
      _ = CheckpointSummary(checkpoint)
      if checkpoint.configuration.vision != nil {
        let model = try VisionModel(checkpoint)
        _ = try model.run([try model.prepare(picture)], taps: Set(model.stages))
      }
      if checkpoint.configuration.language?.hasHead == true {
        let model = try LanguageModel(checkpoint)
        _ = try model.extend(
          model.makeCache(), with: Prompt([1, 2, 3], imageRows: [], for: model.language))
      }
    },
    commands: [
      ["inspect", "@"], ["convert", "@", "-o", "@.out", "--overwrite"],
      ["quantize", "@", "-o", "@.out", "--overwrite", "--image", Fixture.url("images/frame.png").path],
    ])

  /// Normalizers, pre-tokenizers and decoders that make much of little.
  private static let textBombs: [String] = {
    let million = String(repeating: "a", count: 1 << 20)
    let doubling = #"{"type":"Replace","pattern":{"Regex":"."},"content":"aaaaaaaa"}"#
    let many = "[" + Array(repeating: doubling, count: 30).joined(separator: ",") + "]"
    return [
      #"{"type":"Replace","pattern":{"String":"a"},"content":"\#(million)"}"#,
      #"{"type":"Replace","pattern":{"Regex":""},"content":"\#(million)"}"#,
      #"{"type":"Replace","pattern":{"String":""},"content":"\#(million)"}"#,
      #"{"type":"Replace","pattern":{"Regex":"(a+)+b"},"content":""}"#,
      #"{"type":"Replace","pattern":{"Regex":"a{1000}{1000}{1000}"},"content":""}"#,
      #"{"type":"Prepend","prepend":"\#(million)"}"#, #"{"type":"Sequence","normalizers":\#(many)}"#,
      #"{"type":"Sequence","decoders":\#(many)}"#, #"{"type":"ByteLevel"}"#, #"{"type":"NFKD"}"#,
      #"{"type":"Nmt"}"#,
      #"{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}"#,
      #"{"type":"Strip","content":"a","start":9223372036854775807,"stop":9223372036854775807}"#,
      #"{"type":"BPEDecoder","suffix":""}"#, #"{"type":"WordPiece","prefix":"","cleanup":true}"#,
      #"{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}"#,
      #"{"type":"Split","pattern":{"Regex":"(?:(?:a*)*)*"},"behavior":"MergedWithNext","invert":true}"#,
      #"{"type":"Split","pattern":{"String":"a"},"behavior":"Contiguous","invert":false}"#,
      #"{"type":"Punctuation","behavior":"Isolated"}"#, #"{"type":"Digits","individual_digits":true}"#,
    ]
  }()

  static let tokenizer = HostileReader(
    name: "tokenizer",
    bases: [Base("tabletop-vlm/tokenizer.json", in: "tabletop-vlm")]
      + files(in: "tokenizers", ".json").filter {
        !$0.hasSuffix("expected.json") && !$0.hasSuffix("lines.json")
      }
      .map { Base($0, in: "tabletop-vlm", as: "tokenizer.json") },
    mutate: JSONMutation.mutation(own: textBombs),
    read: { path in
      let tokenizer = try Tokenizer(ModelFolder(path))
      for text in [
        "Where is the red mug? äöü 漢字 <|im_start|>", "", longWord, longSpaces, longText, longAccents,
      ] {
        let ids = try tokenizer.encode(text, addSpecialTokens: true)
        _ = try tokenizer.decode(ids, skipSpecialTokens: true)
      }
    },
    commands: [
      [
        "generate", "@", "--prompt", "a red mug " + String(repeating: "aaaa", count: 500), "--max-tokens",
        "4",
      ]
    ])

  private static let longWord = String(repeating: "a", count: 100_000)
  private static let longSpaces = String(repeating: " ", count: 100_000)
  private static let longText = String(repeating: "the red mug is left of 12345 plates, ", count: 5000)
  private static let longAccents = String(repeating: "\u{0301}\u{0327}", count: 50_000)

  static let template = HostileReader(
    name: "template",
    bases: (files(in: "templates", ".jinja") + ["tabletop-vlm/chat_template.jinja"])
      .map { Base($0, in: "tabletop-vlm", as: "chat_template.jinja") },
    mutate: TemplateMutation.mutate,
    read: { path in
      guard let template = try ChatTemplate(ModelFolder(path)) else { return }
      _ = try template.render(
        [
          ChatMessage(role: "system", content: [.text("You are a robot.")]),
          ChatMessage(role: "user", content: [.image, .text("Where is the mug?")]),
        ], addGenerationPrompt: true, tokens: ["bos_token": "<s>", "eos_token": "</s>"])
    },
    commands: [["generate", "@", "--prompt", "Where is the mug?", "--max-tokens", "4"]])

  static let processor = HostileReader(
    name: "processor",
    bases: folders(with: "preprocessor_config.json").map { Base("\($0)/preprocessor_config.json", in: $0) },
    mutate: JSONMutation.mutation(own: [
      "14", "224", "1048576", "4096", "16384", "65536", "8191", #"{"height": 1048576, "width": 14}"#,
      #"{"shortest_edge": 65536}"#, #"{"longest_edge": 65536}"#, #"{"height": 8192, "width": 8192}"#,
      "[[4096, 4096]]",
      #"{"shortest_edge": 1, "longest_edge": 9223372036854775807}"#, "[0, 0, 0]", "[0.5, 0.5]",
      "[1e-45, 1e-45, 1e-45]",
    ]),
    read: { path in
      let checkpoint =
        FileManager.default.fileExists(atPath: path + "/config.json") ? try MappedCheckpoint.open(path) : nil
      let packers =
        checkpoint.map { [PatchPacker($0.configuration)] } ?? [
          PatchPacker(patchSize: 14, temporalPatchSize: 2, mergeSize: 2), PatchPacker(patchSize: 14),
          PatchPacker(patchSize: 16, temporalPatchSize: 2, mergeSize: 2), PatchPacker(patchSize: 16),
          PatchPacker(patchSize: 4), PatchPacker(channels: 6, patchSize: 14),
        ]
      var refusal: (any Error)?
      for packer in packers {
        do {
          let settings = try ImageProcessorSettings(
            ProcessorFiles(ModelFolder(path)), config: checkpoint?.source ?? .object([:]),
            standard: checkpoint?.standardProcessors ?? ProcessorClasses(), directory: path)
          _ = try ImageProcessorRegistry.open(settings, packer: packer).prepare(picture)
          return
        } catch { refusal = error }
      }
      if let refusal { throw refusal }
    },
    commands: [
      ["quantize", "@", "-o", "@.out", "--overwrite", "--image", Fixture.url("images/frame.png").path]
    ])

  static let images = HostileReader(
    name: "images",
    bases: (files(in: "images/pictures", ".png", ".jpg") + ["images/frame.png"]).map { Base($0) },
    mutate: ContainerMutation.picture, read: { _ = try RGBImage(contentsOf: $0) },
    commands: [
      [
        "quantize", Fixture.url("tabletop-vlm").path, "-o", "@.out", "--overwrite", "--image", "@",
      ],
      [
        "generate", Fixture.url("tabletop-vlm").path, "--image", "@", "--prompt", "What is it?",
        "--max-tokens", "2",
      ],
    ])
}
