package import Images
package import Mapping
internal import Tensors

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

/// All image processors; a new one is a line here.
package struct ImageProcessorRegistry: Sendable {
  package static let all: [ImageProcessorRegistry] = [
    Self(SmartResizeProcessor.self), Self(CentreCropProcessor.self), Self(FixedSizeProcessor.self),
    Self(AnyResolutionProcessor.self), Self(DynamicTilesProcessor.self), Self(SplittingProcessor.self),
    Self(PatchBudgetProcessor.self), Self(PaddingProcessor.self), Self(PrismaticProcessor.self),
    Self(PolicyPaddingProcessor.self), Self(PolicyFloatProcessor.self), Self(FloatResizeProcessor.self),
  ]

  package let names: [String]
  private let make: @Sendable (ImageProcessorSettings, PatchPacker) throws -> any ImageProcessor

  private init<P: ImageProcessor>(_ type: P.Type) {
    names = P.names
    make = { try P($0, packer: $1) }
  }

  /// The processor that a checkpoint asks for.
  ///
  /// Throws when its folder has no processor settings, or asks for a processor that is not in `all`.
  package static func open(_ checkpoint: MappedCheckpoint, packer: PatchPacker) throws -> any ImageProcessor {
    try open(ImageProcessorSettings(checkpoint), packer: packer)
  }

  /// The processor that settings ask for.
  package static func open(_ settings: ImageProcessorSettings, packer: PatchPacker) throws -> any ImageProcessor {
    guard let entry = all.first(where: { $0.names.contains(settings.name) }) else {
      let known = all.flatMap(\.names).joined(separator: ", ")
      throw VLMError(
        .processorUnknown, "image processor \(settings.name) is not one of \(known)", file: settings.file)
    }
    return try entry.make(settings, packer)
  }
}
