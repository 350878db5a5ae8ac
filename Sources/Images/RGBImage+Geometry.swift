internal import CImages
package import Tensors

extension RGBImage {
  /// Scales the picture, antialiased when shrinking, with the very bytes of Pillow or of torch.
  ///
  /// Traps when a target extent is not positive; throws when the target has more than `maximumPixels` or memory runs out.
  package func resized(width: Int, height: Int, by resampler: Resampler) throws(VLMError) -> RGBImage {
    precondition(width > 0 && height > 0, "an image of \(width)x\(height)")
    guard width <= Self.maximumPixels / height else {
      throw VLMError(.imageTooLarge, "\(width)x\(height) pixels, at most \(Self.maximumPixels) are made")
    }
    let from = cimages_size(width: UInt32(self.width), height: UInt32(self.height))
    let to = cimages_size(width: UInt32(width), height: UInt32(height))
    var failed = false
    let result = RGBImage(width: width, height: height) { target in
      failed =
        cimages_resize(
          pixels, from, target.baseAddress, to, resampler.kernel.filter, resampler.arithmetic.code) != 0
      if failed { target.initialize(repeating: 0) }
    }
    if failed { throw VLMError(.imageMemory, "no memory to resize to \(width)x\(height)") }
    return result
  }

  /// The middle `width` x `height` of the picture; where the picture is smaller, black is added around it.
  ///
  /// Odd differences fall as in torchvision: padding less on the left and top, cropping less on the left and top.
  package func centreCropped(width: Int, height: Int) -> RGBImage {
    precondition(width > 0 && height > 0, "an image of \(width)x\(height)")
    return window(
      left: Self.offset(self.width, width), top: Self.offset(self.height, height), width: width,
      height: height)
  }

  /// The `width` x `height` of the picture that start at `left`, `top`; outside the picture all is black.
  package func window(left: Int, top: Int, width: Int, height: Int) -> RGBImage {
    precondition(width > 0 && height > 0, "an image of \(width)x\(height)")
    let columns = max(0, left)..<max(max(0, left), min(self.width, left + width))
    let rows = max(0, top)..<max(max(0, top), min(self.height, top + height))
    return RGBImage(width: width, height: height) { target in
      target.initialize(repeating: 0)
      pixels.withUnsafeBufferPointer { source in
        for row in rows {
          let from = source.baseAddress! + (row * self.width + columns.lowerBound) * 3
          let to = target.baseAddress! + ((row - top) * width + columns.lowerBound - left) * 3
          to.update(from: from, count: columns.count * 3)
        }
      }
    }
  }

  /// Where a window of `target` starts in an extent of `size`; negative when it has to be padded.
  private static func offset(_ size: Int, _ target: Int) -> Int {
    size >= target ? (size - target) / 2 : -((target - size) / 2)
  }
}
