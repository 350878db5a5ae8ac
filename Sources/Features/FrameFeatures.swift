internal import Foundation
package import Images
package import Tensors

/// What the frames themselves hold, read by features that nobody trained: the ceiling that an encoder is measured against.
///
/// The logarithm of wavelet scattering on a grid of 7 x 7 places, at 56 pixels a side and, of pictures with at least 224 on
/// their shorter side, at 112 pixels too. Of six kinds of fixed features it read most on the demonstrations in
/// `fixtures/`, as much as a convolutional network that was trained on them.
package struct FrameFeatures: Sendable {
  /// Places of the grid; the features of one place stand together.
  package static let cells = 49
  private static let side = 7
  /// Added before the logarithm: what a picture of colours from 0 to 1 has where it is smooth.
  private static let floor: Float = 1e-2

  private let scatterings: [Scattering]

  /// For pictures of `width` x `height`.
  package init(width: Int, height: Int) throws(VLMError) {
    var sides = [56]
    if min(width, height) >= 224 { sides.append(112) }
    var scatterings: [Scattering] = []
    for side in sides { scatterings.append(try Scattering(side: side, scales: 3, angles: 6)) }
    self.scatterings = scatterings
  }

  /// Features of one picture.
  package var width: Int { scatterings.reduce(0) { $0 + 3 * $1.channels } * Self.cells }

  /// What the report calls them.
  package var name: String {
    "wavelet scattering of the frames at \(scatterings.map { "\($0.side)" }.joined(separator: " and ")) pixels a side"
  }

  /// Of one picture, `[width]`, place by place.
  package func callAsFunction(_ picture: RGBImage) throws(VLMError) -> [Float] {
    var result = [Float](repeating: 0, count: width)
    let stride = width / Self.cells
    var offset = 0
    for scattering in scatterings {
      let maps = try scattering(picture)
      let (count, cells) = (3 * scattering.channels, scattering.cells)
      let step = cells / Self.side
      for channel in 0..<count {
        for place in 0..<Self.cells {
          let (row, column) = (place / Self.side * step, place % Self.side * step)
          var sum: Float = 0
          for y in row..<row + step {
            for x in column..<column + step { sum += maps.base[(channel * cells + y) * cells + x] }
          }
          result[place * stride + offset + channel] = log(sum / Float(step * step) + Self.floor)
        }
      }
      offset += count
    }
    return result
  }
}
