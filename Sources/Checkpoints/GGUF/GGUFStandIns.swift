internal import Files
internal import Foundation
internal import Tensors

/// What the metadata of a model's two GGUF files say in place of tokenizer and processor files.
struct GGUFStandIns: StandIns {
  let names: [String]
  let file: String
  private let vocabulary: GGUFVocabulary?
  private let template: String?
  private let pictures: [String: JSONValue]?

  /// - Parameter projector: metadata of the image encoder's file, nested at the dots of their keys, below `clip`.
  init(_ model: GGUFFile, projector: JSONValue?) {
    file = model.path
    vocabulary = GGUFVocabulary(model)
    template = if case .text(let text)? = model.header.value("tokenizer.chat_template") { text } else { nil }
    pictures = projector.flatMap(Self.pictures)
    names =
      (vocabulary == nil ? [] : ["tokenizer.json", "tokenizer_config.json", "generation_config.json"])
      + (template == nil ? [] : ["chat_template.jinja"]) + (pictures == nil ? [] : ["preprocessor_config.json"])
  }

  func contents(of name: String) throws(VLMError) -> Data {
    switch name {
    case "tokenizer.json": try vocabulary?.tokenizer() ?? Data()
    case "tokenizer_config.json": try vocabulary?.settings() ?? Data()
    case "generation_config.json": try vocabulary?.generation() ?? Data()
    case "chat_template.jinja": Data((template ?? "").utf8)
    default: JSONValue.object(pictures ?? [:]).text
    }
  }

  /// What is done to a picture before the encoder sees it, as llama.cpp does it with this kind of projector.
  private static func pictures(_ clip: JSONValue) -> [String: JSONValue]? {
    guard let vision = clip["vision"], let mean = vision["image_mean"], let deviation = vision["image_std"] else { return nil }
    var settings = ["image_mean": mean, "image_std": deviation]
    func square(_ side: JSONValue?) -> JSONValue? { side.map { .object(["height": $0, "width": $0]) } }
    switch clip["projector_type"]?.stringValue ?? "" {
    case "qwen2vl_merger", "qwen2.5vl_merger", "qwen3vl_merger":
      guard let patch = vision["patch_size"]?.intValue, (1...4096).contains(patch) else { break }
      let merge = min(max(vision["spatial_merge_size"]?.intValue ?? 2, 1), 64)
      (settings["patch_size"], settings["merge_size"]) = (.int(patch), .int(merge))
      // Tokens of a picture at least and at most (`clip_model_loader::load_hparams`); what the original has is not kept.
      for (name, tokens) in [("min_pixels", 8), ("max_pixels", 4096)] {
        settings[name] = vision["image_\(name)"] ?? .int(tokens * patch * merge * patch * merge)
      }
    case "internvl":
      settings["size"] = square(vision["image_size"])
      settings["crop_to_patches"] = .bool(true)
      settings["min_patches"] = vision["preproc_min_tiles"] ?? .int(1)
      settings["max_patches"] = vision["preproc_max_tiles"] ?? .int(12)
    case "idefics3":
      settings["size"] = (vision["preproc_image_size"] ?? vision["image_size"]).map { .object(["longest_edge": $0]) }
      settings["max_image_size"] = vision["image_size"].map { .object(["longest_edge": $0]) }
      settings["do_image_splitting"] = .bool(true)
    case "gemma3": settings["size"] = square(vision["image_size"])
    default: break
    }
    return settings
  }
}

extension JSONValue {
  /// The value as a file's text, keys in order.
  fileprivate var text: Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)) ?? Data()
  }
}
