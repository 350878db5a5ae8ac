internal import Mapping

/// Where tokens stand: one number each, or (time, row, column) for M-RoPE.
struct TokenPositions {
  /// `[axes][tokens]`; one axis, or three.
  var axes: [[Int]]
  /// Position of the token that comes after these.
  var next: Int

  init(axes: [[Int]], next: Int) {
    self.axes = axes
    self.next = next
  }

  /// Positions of `input`, which continues at `start`.
  ///
  /// M-RoPE counts text on all three axes alike; an image's tokens stand at its start plus their place in its grid, and
  /// text goes on after its longer side (`get_rope_index` of Qwen2-VL).
  init(_ input: Prompt, startingAt start: Int, for language: LanguageConfiguration) {
    let count = input.tokens.count
    guard language.mropeSections != nil, !input.countsTokens else {
      axes = Array(repeating: Array(start..<start + count), count: language.mropeSections == nil ? 1 : 3)
      next = start + count
      return
    }
    var axes = [[Int]](repeating: [], count: 3)
    for axis in axes.indices { axes[axis].reserveCapacity(count) }
    var place = start
    var row = 0
    var used = 0
    var images = input.images.makeIterator()
    while row < count {
      guard used < input.imageRows.count, input.imageRows[used] == row, let image = images.next() else {
        for axis in 0..<3 { axes[axis].append(place) }
        place += 1
        row += 1
        continue
      }
      let grid = image.grid ?? PatchGrid(rows: 1, columns: image.tokenCount)
      for frame in 0..<grid.frames {
        for line in 0..<grid.rows {
          for column in 0..<grid.columns {
            axes[0].append(place + frame)
            axes[1].append(place + line)
            axes[2].append(place + column)
          }
        }
      }
      row += image.tokenCount
      used += image.tokenCount
      place += max(grid.rows, grid.columns)
    }
    self.axes = axes
    next = place
  }
}
