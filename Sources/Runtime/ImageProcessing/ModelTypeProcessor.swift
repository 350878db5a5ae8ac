internal import Foundation

/// The image processor that transformers takes for a model type when the processor's file names no class
/// (`IMAGE_PROCESSOR_MAPPING_NAMES` of transformers 5.23).
enum ModelTypeProcessor {
  private static let names = [
    "clip": "CLIPImageProcessor", "clip_vision_model": "CLIPImageProcessor", "kosmos-2": "CLIPImageProcessor",
    "dinov2": "BitImageProcessor", "dinov2_with_registers": "BitImageProcessor",
    "vit": "ViTImageProcessor",
    "siglip": "SiglipImageProcessor", "siglip_vision_model": "SiglipImageProcessor",
    "paligemma": "SiglipImageProcessor",
    "siglip2": "Siglip2ImageProcessor", "siglip2_vision_model": "Siglip2ImageProcessor",
    "pi0": "PI0ImageProcessor",
    "qwen2_vl": "Qwen2VLImageProcessor", "qwen2_5_vl": "Qwen2VLImageProcessor",
    "qwen3_vl": "Qwen2VLImageProcessor", "qwen3_vl_moe": "Qwen2VLImageProcessor",
    "llava_next": "LlavaNextImageProcessor",
    "internvl": "GotOcr2ImageProcessor",
    "idefics3": "Idefics3ImageProcessor", "smolvlm": "SmolVLMImageProcessor",
  ]

  /// `nil` when the folder's `config.json`, or the source's inside it, has no model type in the table.
  static func name(directory: String) -> String? {
    let file = URL(filePath: directory).appending(path: "config.json")
    guard let data = try? Data(contentsOf: file),
      let outer = try? JSONDecoder().decode(Outer.self, from: data),
      let type = outer.source?.model_type ?? outer.model_type
    else { return nil }
    return names[type]
  }

  /// A checkpoint of the runtime holds the configuration that it was made from.
  private struct Outer: Decodable {
    let model_type: String?
    let source: Source?
  }

  private struct Source: Decodable { let model_type: String? }
}
