internal import Mapping

/// Patch tokens of several encoders side by side, `[patches, sum of widths]`, as a projector reads them.
struct JoinedTokens {
  /// Of the patches alone: leading tokens stay behind.
  let layout: TokenLayout
  let width: Int
  let values: Scratch
  /// Channels of the encoders so far.
  private var filled = 0

  init(_ inputs: [PreparedImage], _ encoders: [VisionConfiguration], mergeSize: Int) throws {
    layout = try TokenLayout(inputs, for: encoders[0], mergeSize: mergeSize, leadingTokens: 0)
    width = encoders.reduce(0) { $0 + $1.width }
    values = Scratch(layout.tokenCount * width)
  }

  /// Adds the next encoder's tokens `x`, `[source.tokenCount, own]`.
  mutating func add(_ x: UnsafePointer<Float>, _ source: TokenLayout, width own: Int) {
    for (from, to) in zip(source.tiles, layout.tiles) {
      let first = x + (from.tokens.lowerBound + source.leadingTokens) * own
      for patch in 0..<from.grid.count {
        (values.base + (to.tokens.lowerBound + patch) * width + filled).update(from: first + patch * own, count: own)
      }
    }
    filled += own
  }
}
