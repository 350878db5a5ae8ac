internal import CImages

/// How a picture is resized: a kernel, and whose arithmetic rounds it to bytes.
///
/// The two differ by a level in some per mille of the values, rarely by two, and by more where Pillow takes the columns
/// first.
///
/// ```swift
/// let small = try picture.resized(width: 224, height: 224, by: Resampler(.bicubic, as: .torch))
/// ```
package struct Resampler: Sendable, Hashable {
  /// Whose fixed-point weights and order of passes are followed, to the bit.
  package enum Arithmetic: Sendable, CaseIterable {
    /// `PIL.Image.resize` of Pillow 13: weights of 22 bits; columns first where that leaves fewer pixels.
    case pillow
    /// `torch.nn.functional.interpolate(antialias=True)` of uint8 on a CPU, which torchvision's `resize` of a tensor
    /// calls: weights of 16 bits with a scale for each pass, rows always first. (On a CPU without AVX2 or NEON torchvision
    /// takes bilinear through floats, which this does not follow.)
    case torch
  }

  package let kernel: Resampling
  package let arithmetic: Arithmetic

  package init(_ kernel: Resampling, as arithmetic: Arithmetic) {
    self.kernel = kernel
    self.arithmetic = arithmetic
  }
}

extension Resampler.Arithmetic {
  var code: cimages_arithmetic {
    switch self {
    case .pillow: CIMAGES_PILLOW
    case .torch: CIMAGES_TORCH
    }
  }
}
