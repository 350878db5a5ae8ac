package import Images

/// One input of a model: pictures, and what is said about them.
package struct Sample: Sendable {
  package let images: [RGBImage]
  /// A question or an order that follows the pictures in the family's own prompt; `nil` where only pictures are looked at.
  package let instruction: String?
  /// What the system says first, where the family's template has a place for it.
  package var system: String?
  /// The instruction is a whole prompt, image tokens and all, and goes through no chat template.
  package var isRaw = false

  package init(images: [RGBImage], instruction: String? = nil) {
    self.images = images
    self.instruction = instruction
  }
}
