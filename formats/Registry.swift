/// The family files compiled into the binary; made by `VLMTOOL_UPDATE=1 swift test --filter
/// FormatsTests`.
package enum FamilyRegistry {
  /// File name and JSON5 text of every family in one naming dialect.
  package static let files: [(name: String, text: [UInt8])] = [
    ("clip.kerashub.json5", PackageResources.clip_kerashub_json5),
    ("clip.tf2.json5", PackageResources.clip_tf2_json5),
    ("clip.transformers-5-vision.json5", PackageResources.clip_transformers_5_vision_json5),
    ("clip.transformers.json5", PackageResources.clip_transformers_json5),
    ("dinov2.kerashub-gated.json5", PackageResources.dinov2_kerashub_gated_json5),
    ("dinov2.kerashub-registers-gated.json5", PackageResources.dinov2_kerashub_registers_gated_json5),
    ("dinov2.kerashub-registers.json5", PackageResources.dinov2_kerashub_registers_json5),
    ("dinov2.kerashub.json5", PackageResources.dinov2_kerashub_json5),
    ("paligemma.kerashub.json5", PackageResources.paligemma_kerashub_json5),
    ("paligemma2.kerashub.json5", PackageResources.paligemma2_kerashub_json5),
    ("qwen2_5_vl.transformers-4.json5", PackageResources.qwen2_5_vl_transformers_4_json5),
    ("qwen2_5_vl.transformers-5.json5", PackageResources.qwen2_5_vl_transformers_5_json5),
    ("qwen2_vl.transformers-4.json5", PackageResources.qwen2_vl_transformers_4_json5),
    ("qwen2_vl.transformers-5.json5", PackageResources.qwen2_vl_transformers_5_json5),
    ("siglip.kerashub.json5", PackageResources.siglip_kerashub_json5),
    ("siglip.transformers-5-vision.json5", PackageResources.siglip_transformers_5_vision_json5),
    ("siglip.transformers.json5", PackageResources.siglip_transformers_json5),
    ("vit.kerashub.json5", PackageResources.vit_kerashub_json5),
  ]
}
