internal import Images
internal import Tensors

/// `(value - mean) / deviation` of planes, each step rounded.
struct PixelStatistics: Sendable {
  private let mean, deviation: [Float]

  init(mean: [Double], deviation: [Double]) {
    precondition(mean.count == 3 && deviation.count == 3, "statistics of three channels")
    (self.mean, self.deviation) = (mean.map { Float($0) }, deviation.map { Float($0) })
  }

  static let imageNet = PixelStatistics(mean: .imageNetMean, deviation: .imageNetDeviation)

  /// - Parameter scaled: what is done to a value before.
  func applied(to planes: FloatTensor, after scaled: (Float) -> Float = { $0 }) -> FloatTensor {
    FloatTensor(planes.shape) { destination in
      let count = planes.shape[1] * planes.shape[2]
      for channel in 0..<3 {
        for index in channel * count..<(channel + 1) * count {
          destination[index] = (scaled(planes.base[index]) - mean[channel]) / deviation[channel]
        }
      }
    }
  }
}

/// Bytes to encoder inputs, channel by channel: `(byte / 255 - mean) / deviation` in transformers' own f32 arithmetic.
package struct PixelNormalisation: Sendable {
  /// 256 values a channel.
  let table: [Float]

  /// `nil` for `scale` or `statistics` leaves that step out; returns `nil` when there are not three channels of
  /// statistics, or a deviation is zero.
  init?(scale: Double?, statistics: (mean: [Double], deviation: [Double])?) {
    if let statistics {
      let (mean, deviation) = statistics
      guard mean.count == 3, deviation.count == 3, !deviation.contains(0) else { return nil }
      // torchvision's backend folds the scale into the statistics before it touches a pixel.
      let fold = scale.map { Float(1 / $0) } ?? 1
      table = (0..<3).flatMap { channel in
        let (centre, width) = (Float(mean[channel]) * fold, Float(deviation[channel]) * fold)
        return (0..<256).map { (Float($0) - centre) / width }
      }
    } else {
      let factor = scale.map { Float($0) } ?? 1
      let line = (0..<256).map { Float($0) * factor }
      table = line + line + line
    }
  }

  /// torchvision's `ToTensor` and `Normalize` one after the other: `byte / 255`, then the rest, each rounded.
  ///
  /// Returns `nil` when there are not three channels of statistics, or a deviation is zero.
  init?(mean: [Double], deviation: [Double]) {
    guard mean.count == 3, deviation.count == 3, !deviation.contains(0) else { return nil }
    table = (0..<3).flatMap { channel in
      (0..<256).map { (Float($0) / 255 - Float(mean[channel])) / Float(deviation[channel]) }
    }
  }

  /// `byte`.
  static let bytes = PixelNormalisation(table: (0..<3).flatMap { _ in (0..<256).map { Float($0) } })

  /// `byte / 255`.
  static let fractions = PixelNormalisation(table: (0..<3).flatMap { _ in (0..<256).map { Float($0) / 255 } })

  private init(table: [Float]) { self.table = table }

  /// `[3, height, width]`
  func planes(_ image: RGBImage) -> FloatTensor {
    FloatTensor([3, image.height, image.width]) { image.writePlanes(through: table, to: $0.baseAddress!) }
  }
}
