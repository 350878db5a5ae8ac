internal import Foundation
package import Images
internal import Tensors

/// LeRobot's `resize_with_pad`: the picture as large as fits, with black before it (SmolVLA) or around it (pi0).
///
/// Policies resize floats between 0 and 1, by `torch.nn.functional.interpolate` without antialiasing, where processors of
/// transformers resize bytes. Equal to the bit to what torch 2.13 computes of RGB on a CPU with fused multiply and add; other
/// machines round differently, by some 1e-7.
package struct PolicyPaddingProcessor: ImageProcessor {
  package static let names = ["LeRobotPadding"]

  /// Where the padding goes.
  enum Side: String, Sendable {
    /// Left and top: `resize_with_pad` of LeRobot, SmolVLA's and that of the first pi0.
    case before
    /// Half on either side, the larger half right and below: `resize_with_pad_torch`, openpi's.
    case around
  }

  /// Extents after padding; `nil` leaves the picture as it is.
  private let padded: (height: Int, width: Int)?
  private let side: Side
  private let packer: PatchPacker

  package init(_ settings: ImageProcessorSettings, packer: PatchPacker) throws {
    padded = settings.resizes ? try settings.rectangle(settings.size, "size") : nil
    guard let side = Side(rawValue: settings.paddingSide ?? "") else {
      throw settings.unsupported("no side to pad")
    }
    self.side = side
    self.packer = packer
  }

  package func prepare(_ image: RGBImage) throws -> PreparedImage {
    // As frames of a data set come: bytes / 255.
    let bytes = PixelNormalisation.fractions.planes(image)
    guard let padded, (image.height, image.width) != padded else { return try packer.pack([scaled(bytes)]) }
    // The extents are cut, not rounded.
    let ratio = max(
      Double(image.width) / Double(padded.width), Double(image.height) / Double(padded.height))
    let (height, width) = (Int(Double(image.height) / ratio), Int(Double(image.width) / ratio))
    guard height > 0, width > 0 else {
      throw VLMError(
        .inputGrid,
        "\(image.width)x\(image.height) is too long and thin for \(padded.width)x\(padded.height)",
        remedy: "crop the picture")
    }
    let (spareRows, spareColumns) = (padded.height - height, padded.width - width)
    let (top, left) = side == .before ? (spareRows, spareColumns) : (spareRows / 2, spareColumns / 2)
    let rows = Self.taps(from: image.height, to: height)
    let columns = Self.taps(from: image.width, to: width)
    // Zeros already.
    let whole = FloatTensor([3, padded.height, padded.width]) { destination in
      for channel in 0..<3 {
        let source = bytes.base + channel * image.height * image.width
        for (row, tap) in rows.enumerated() {
          let target =
            destination.baseAddress! + (channel * padded.height + top + row) * padded.width + left
          let (upper, lower) = (source + tap.first * image.width, source + tap.second * image.width)
          for (column, place) in columns.enumerated() {
            // In the order in which torch adds for three channels.
            var value = upper[place.second] * (tap.rest * place.share)
            value = value.addingProduct(upper[place.first], tap.rest * place.rest)
            value = value.addingProduct(lower[place.first], tap.share * place.rest)
            target[column] = value.addingProduct(lower[place.second], tap.share * place.share)
          }
        }
      }
    }
    return try packer.pack([scaled(whole)])
  }

  /// From 0…1 to -1…1, each step rounded.
  private func scaled(_ planes: FloatTensor) -> FloatTensor {
    FloatTensor(planes.shape) { destination in
      for (index, value) in planes.values.enumerated() { destination[index] = value * 2 - 1 }
    }
  }

  /// The two neighbours of a place between pixels, and how much of each.
  private struct Tap {
    let first: Int
    let second: Int
    let share: Float
    let rest: Float
  }

  /// `compute_source_index_and_lambda` of torch, half-pixel centres.
  private static func taps(from size: Int, to count: Int) -> [Tap] {
    guard size != count else { return (0..<count).map { Tap(first: $0, second: $0, share: 0, rest: 1) } }
    let scale = Float(size) / Float(count)
    return (0..<count).map { index in
      let place = max((-0.5 as Float).addingProduct(scale, Float(index) + 0.5), 0)
      let first = min(Int(place), size - 1)
      let share = min(max(place - Float(first), 0), 1)
      return Tap(first: first, second: min(first + 1, size - 1), share: share, rest: 1 - share)
    }
  }
}
