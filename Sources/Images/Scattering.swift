internal import CImages
package import Tensors

/// Wavelet scattering of a picture: where it has edges of which direction and size, and how these lie together.
///
/// Two orders with Morlet wavelets, averaged over places `2^scales` pixels apart (Mallat 2012, Bruna and Mallat 2013), as
/// Kymatio's `Scattering2D` computes it. Nothing in it is trained, so what can be read from it is in the picture.
package final class Scattering: @unchecked Sendable {
  /// Pixels a side of the pictures that it takes.
  package let side: Int
  /// Places a side of what it gives.
  package let cells: Int
  /// Of one colour: one average, `scales * angles` of first order, and those of second order.
  package let channels: Int
  // Made in `init`, read only after that.
  private let plan: OpaquePointer

  /// Traps unless `side` is a multiple of `2^scales` that Fourier transforms of small factors serve.
  ///
  /// - Throws: `images.image.memory`.
  package init(side: Int, scales: Int, angles: Int) throws(VLMError) {
    precondition(side % (1 << scales) == 0, "a side of \(side) and \(scales) scales")
    guard let plan = cimages_scattering_make(CInt(side), CInt(scales), CInt(angles)) else {
      throw Self.noMemory
    }
    self.plan = plan
    self.side = side
    cells = side >> scales
    channels = Int(cimages_scattering_channels(CInt(scales), CInt(angles)))
  }

  deinit { cimages_scattering_free(plan) }

  /// Of the picture, scaled to `side` a side, with colours from 0 to 1: `[3, channels, cells, cells]`.
  package func callAsFunction(_ picture: RGBImage) throws(VLMError) -> FloatTensor {
    let small = try picture.resized(width: side, height: side, by: Resampler(.bilinear, as: .pillow))
    let table = (0..<3 * 256).map { Float($0 % 256) / 255 }
    var planes = [Float](repeating: 0, count: 3 * side * side)
    small.writePlanes(through: table, to: &planes)
    var failed = false
    let result = FloatTensor([3, channels, cells, cells]) { out in
      failed = cimages_scatter(plan, planes, out.baseAddress) != 0
    }
    if failed { throw Self.noMemory }
    return result
  }

  private static var noMemory: VLMError { VLMError(.imageMemory, "no memory for the wavelets of a picture") }
}
