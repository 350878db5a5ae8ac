/// The image processor that transformers takes for a model type when the processor's file names no class.
enum ModelTypeProcessor {
  /// By model type, from `IMAGE_PROCESSOR_MAPPING_NAMES` of transformers 5.23; vision halves and variants, which it leaves out,
  /// have what their kin have.
  static let names = [
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
}
