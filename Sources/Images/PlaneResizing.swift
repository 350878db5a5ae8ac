internal import CImages
package import Tensors

/// torch's `interpolate` of f32 planes `[planes, height, width]`, to the bit of torch 2.13 on x86-64: what policies resize with
/// that scale pictures to floats before they resize them.
package enum PlaneResizing: Sendable {
  /// `mode="bilinear", antialias=True`.
  case bilinear
  /// `mode="bicubic", antialias=True`: values may lie outside the range of the picture's.
  case bicubic
  /// `mode="area"`: the mean of what a pixel lies over.
  case area

  /// Throws when the target has more than `RGBImage.maximumPixels` or memory runs out.
  package func resized(_ planes: FloatTensor, height: Int, width: Int) throws(VLMError) -> FloatTensor {
    precondition(planes.shape.rank == 3 && height > 0 && width > 0)
    guard width <= RGBImage.maximumPixels / height else {
      throw VLMError(.imageTooLarge, "\(width)x\(height) pixels, at most \(RGBImage.maximumPixels) are made")
    }
    let (count, rows, columns) = (planes.shape[0], planes.shape[1], planes.shape[2])
    let from = cimages_size(width: UInt32(columns), height: UInt32(rows))
    let to = cimages_size(width: UInt32(width), height: UInt32(height))
    var failed = false
    let result = FloatTensor([count, height, width]) { target in
      switch self {
      case .bilinear: failed = cimages_resize_planes(planes.base, count, from, target.baseAddress, to, CIMAGES_BILINEAR) != 0
      case .bicubic: failed = cimages_resize_planes(planes.base, count, from, target.baseAddress, to, CIMAGES_BICUBIC) != 0
      case .area: cimages_pool_planes(planes.base, count, from, target.baseAddress, to)
      }
    }
    if failed { throw VLMError(.imageMemory, "no memory to resize to \(width)x\(height)") }
    return result
  }
}
