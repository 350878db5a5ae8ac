package import Images

/// The first rung: what can be read from the picture itself, averaged over a grid.
package enum PixelStage {
  package static let name = "pixels"

  /// Mean colour, and the colours of `side` x `side` cells, 0 to 1.
  package static func pool(_ image: RGBImage, side: Int) -> PooledStage {
    func average(_ side: Int) -> [Float] {
      image.pixels.withUnsafeBufferPointer { pixels in
        GridPooling.pool(rows: image.height, columns: image.width, width: 3, side: side) {
          row, column, sums in
          let base = (row * image.width + column) * 3
          for channel in 0..<3 { sums[channel] += Double(pixels[base + channel]) / 255 }
        }
      }
    }
    return PooledStage(mean: average(1), grid: average(side), tokens: image.width * image.height)
  }
}
