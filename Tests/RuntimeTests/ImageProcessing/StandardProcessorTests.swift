import Mapping
import Testing

@testable import Runtime

/// The image processors that family files name.
@Suite struct StandardProcessorTests {
  /// What `IMAGE_PROCESSOR_MAPPING_NAMES` of transformers 5.23 has for the families' model types; vision halves and variants,
  /// which it leaves out, have what their kin have.
  @Test(arguments: [
    ("clip.transformers", "CLIPImageProcessor"), ("clip.transformers-5-vision", "CLIPImageProcessor"),
    ("kosmos2.transformers", "CLIPImageProcessor"), ("dinov2.transformers", "BitImageProcessor"),
    ("dinov2.state-5-gated", "BitImageProcessor"), ("dinov3.transformers", "DINOv3ViTImageProcessor"),
    ("dinov3.state-5", "DINOv3ViTImageProcessor"), ("vit.transformers", "ViTImageProcessor"),
    ("siglip.transformers", "SiglipImageProcessor"), ("siglip.transformers-5-vision", "SiglipImageProcessor"),
    ("paligemma.transformers-5", "SiglipImageProcessor"), ("siglip2.transformers", "Siglip2ImageProcessor"),
    ("gemma3.state-5", "Gemma3ImageProcessor"), ("pi0.transformers-5", "PI0ImageProcessor"), ("qwen2_vl.transformers-5", "Qwen2VLImageProcessor"),
    ("qwen2_5_vl.transformers-5", "Qwen2VLImageProcessor"), ("qwen3_vl.transformers", "Qwen2VLImageProcessor"),
    ("qwen3_5.transformers", "Qwen2VLImageProcessor"), ("qwen3_5_moe.transformers", "Qwen2VLImageProcessor"),
    ("qwen3_vl_moe.transformers-5", "Qwen2VLImageProcessor"), ("llava_next.transformers-5", "LlavaNextImageProcessor"),
    ("internvl.transformers", "GotOcr2ImageProcessor"), ("idefics3.transformers", "Idefics3ImageProcessor"),
  ])
  func isThatOfTransformers(_ id: String, _ name: String) throws {
    let catalog = try FamilyCatalog.builtIn()
    #expect(catalog.processors(of: try #require(catalog[id])).image == name)
  }

  /// A name that no processor reads would only be found when somebody has no class in their file.
  @Test func everyOneIsRegistered() throws {
    let catalog = try FamilyCatalog.builtIn()
    let known = Set(ImageProcessorRegistry.all.flatMap(\.names))
    for file in catalog.files {
      guard let name = catalog.processors(of: file).image else { continue }
      #expect(known.contains(name), "\(file.id): \(name)")
    }
  }
}
