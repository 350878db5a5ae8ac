package import Images

/// Turns a picture into what a family's encoder takes, to the bit as that family's official processor does: what
/// `AutoProcessor.from_pretrained` of transformers 5.23 gives with torchvision installed, or the authors' own code.
package protocol ImageProcessor: Sendable {
  /// `image_processor_type` in `preprocessor_config.json` that this processor reads, without a `Fast` or `Pil` ending.
  static var names: [String] { get }

  /// Throws when the settings cannot be followed exactly, or do not fit the encoder that `packer` packs for.
  init(_ settings: ImageProcessorSettings, packer: PatchPacker) throws

  /// Throws when the picture cannot be brought to a size that the encoder takes.
  func prepare(_ image: RGBImage) throws -> PreparedImage
}
