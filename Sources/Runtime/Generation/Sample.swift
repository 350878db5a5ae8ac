public import Images

/// One input of a model: pictures, and what is said about them.
public struct Sample: Sendable {
  /// JPEG or PNG decoded, of any size: the checkpoint's own image processor takes them.
  public let images: [RGBImage]
  /// A question or an order that follows the pictures in the family's own prompt; `nil` where only pictures are looked at.
  public let instruction: String?
  /// What the system says first, where the family's template has a place for it.
  public var system: String?
  /// The instruction is a whole prompt, image tokens and all, and goes through no chat template.
  public var isRaw = false

  /// Pictures, and what is asked about them where the language model is to run.
  public init(images: [RGBImage], instruction: String? = nil) {
    self.images = images
    self.instruction = instruction
  }
}
