/// Scores drawn with block characters, one column a value.
package enum Sparkline {
  private static let blocks = Array("▁▂▃▄▅▆▇█")
  private static let ascii = Array("_.-:=+*#")

  /// One character a value, lowest to highest over `range`; values outside are drawn at its ends, NaN as a blank.
  package static func line(_ values: [Double], in range: ClosedRange<Double>, on terminal: Terminal) -> String
  {
    let levels = terminal.unicode ? blocks : ascii
    let span = range.upperBound - range.lowerBound
    return String(
      values.map { value in
        guard !value.isNaN else { return " " }
        let place =
          span > 0 ? (min(max(value, range.lowerBound), range.upperBound) - range.lowerBound) / span : 0
        return levels[min(levels.count - 1, Int(place * Double(levels.count)))]
      })
  }

  /// A horizontal bar of `width` columns filled to `fraction`, to an eighth of a column.
  package static func bar(_ fraction: Double, width: Int, on terminal: Terminal) -> String {
    let part = fraction.isFinite ? min(max(fraction, 0), 1) : 0
    guard terminal.unicode else {
      let full = Int((part * Double(width)).rounded())
      return String(repeating: "#", count: full) + String(repeating: ".", count: width - full)
    }
    let eighths = Int((part * Double(width * 8)).rounded())
    let partial = Array("▏▎▍▌▋▊▉")
    var text = String(repeating: "█", count: eighths / 8)
    if eighths % 8 > 0 { text.append(partial[eighths % 8 - 1]) }
    return text + String(repeating: " ", count: max(0, width - text.count))
  }
}
