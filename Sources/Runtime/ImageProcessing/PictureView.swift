internal import Images
package import Mapping
internal import Tensors

/// What part of a picture the encoder's grid of patches lies over, in the tile that shows the whole of it.
///
/// Edges are shares of the picture's width and height: 0 and 1 where the grid shows the picture and nothing else, inside
/// where the processor crops it, outside where it pads it. Found by sending ramps of colour through the processor, so that
/// it holds for every one, whatever its settings do.
public struct PictureView: Codable, Sendable, Equatable {
  /// Left edge of the grid.
  public let left: Double
  /// Upper edge.
  public let top: Double
  /// Right edge.
  public let right: Double
  /// Lower edge.
  public let bottom: Double

  package init(left: Double, top: Double, right: Double, bottom: Double) {
    self.left = left
    self.top = top
    self.right = right
    self.bottom = bottom
  }

  /// Of the image processor that a checkpoint asks for; see the other `init`.
  package init?(of checkpoint: MappedCheckpoint, width: Int, height: Int) throws {
    let packer = PatchPacker(checkpoint.configuration)
    try self.init(
      of: ImageProcessorRegistry.open(checkpoint, packer: packer), packer: packer, width: width,
      height: height)
  }

  /// `nil` where the patches do not show the picture upright and evenly, or are too few to tell: then it is not known.
  package init?(of processor: any ImageProcessor, packer: PatchPacker, width: Int, height: Int) throws {
    func patches(_ colour: (_ x: Double, _ y: Double) -> (Double, Double)) throws -> [[Patch]] {
      let picture = RGBImage(width: width, height: height) { bytes in
        for row in 0..<height {
          for column in 0..<width {
            let (red, green) = colour(
              (Double(column) + 0.5) / Double(width), (Double(row) + 0.5) / Double(height))
            let place = (row * width + column) * 3
            bytes[place] = UInt8(red * 255 + 0.5)
            bytes[place + 1] = UInt8(green * 255 + 0.5)
            bytes[place + 2] = 0
          }
        }
      }
      let prepared = try processor.prepare(picture)
      return Patch.all(of: prepared.tiles[prepared.overview], packer)
    }
    let ramp = try patches { ($0, $1) }
    let (black, white) = (try patches { _, _ in (0, 0) }, try patches { _, _ in (1, 1) })
    let (rows, columns) = (ramp.count, ramp[0].count)
    // Padding does not change with the picture; a patch that is padded in part says nothing of where it lies.
    let brightest = zip(white.joined(), black.joined()).map { $0.0.red - $0.1.red }.max() ?? 0
    var across = Line()
    var down = Line()
    for row in 0..<rows {
      for column in 0..<columns {
        let (low, high, own) = (black[row][column], white[row][column], ramp[row][column])
        guard brightest > 0, high.red - low.red > 0.99 * brightest else { continue }
        across.add((Double(column) + 0.5) / Double(columns), (own.red - low.red) / (high.red - low.red))
        down.add((Double(row) + 0.5) / Double(rows), (own.green - low.green) / (high.green - low.green))
      }
    }
    guard let x = across.fit(), let y = down.fit() else { return nil }
    self.init(left: x.start, top: y.start, right: x.end, bottom: y.end)
  }

  /// Mean red and green of a patch, as the encoder gets them.
  private struct Patch {
    var red = 0.0
    var green = 0.0

    /// [rows][columns] of a tile's first frame.
    static func all(of tile: PreparedImage.Tile, _ packer: PatchPacker) -> [[Patch]] {
      let area = packer.patchSize * packer.patchSize
      let nextChannel = packer.temporalPatchSize * area
      return (0..<tile.grid.rows).map { row in
        (0..<tile.grid.columns).map { column in
          let index = tile.grid.index(row: row, column: column, mergeSize: packer.mergeSize)
          let values = tile.patches.base + index * tile.patches.rowWidth
          return Patch(
            red: (0..<area).reduce(0) { $0 + Double(values[$1]) } / Double(area),
            green: (0..<area).reduce(0) { $0 + Double(values[nextChannel + $1]) } / Double(area))
        }
      }
    }
  }

  /// A straight line through points, by least squares.
  private struct Line {
    private var points: [(x: Double, y: Double)] = []

    mutating func add(_ x: Double, _ y: Double) { points.append((x, y)) }

    /// Its values at 0 and 1; `nil` where there are not two places, it falls, or a point lies off it by more than a hundredth
    /// of the picture.
    func fit() -> (start: Double, end: Double)? {
      let count = Double(points.count)
      guard count > 0 else { return nil }
      let (meanX, meanY) = (points.reduce(0) { $0 + $1.x } / count, points.reduce(0) { $0 + $1.y } / count)
      let square = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
      guard square > 1e-9 else { return nil }
      let slope = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / square
      let start = meanY - slope * meanX
      guard slope > 0, points.allSatisfy({ abs(start + slope * $0.x - $0.y) < 0.01 }) else { return nil }
      return (start, start + slope)
    }
  }
}
