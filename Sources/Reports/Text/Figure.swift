internal import Foundation
internal import Statistics

/// Numbers as people read them: the same text everywhere, in every locale.
package enum Figure {
  /// Stands where there is no number.
  package static let missing = "n/a"

  /// `4.43 GB`: three significant digits, decimal units as disk makers and the Hugging Face hub count them.
  package static func bytes(_ count: Int) -> String {
    scaled(Double(count), ["B", "kB", "MB", "GB", "TB", "PB"])
  }

  /// `2.21 B` parameters.
  package static func parameters(_ count: Int) -> String { scaled(Double(count), ["", "k", "M", "B", "T"]) }

  /// `1,234,567`.
  package static func count(_ value: Int) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "-" : ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place).isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return text
  }

  /// `3 episodes`, `1 episode`.
  package static func count(_ value: Int, _ singular: String, _ plural: String? = nil) -> String {
    "\(count(value)) \(value == 1 ? singular : plural ?? singular + "s")"
  }

  /// The middle of `values`, or the mean of the two middle ones; `values` is not empty.
  package static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// `0.71`, `-0.04`; never `-0.00`.
  package static func decimal(_ value: Double, places: Int = 2) -> String {
    guard value.isFinite else { return value.isNaN ? missing : value < 0 ? "-inf" : "inf" }
    let text = String(format: "%.\(places)f", value)
    return text.hasPrefix("-") && text.allSatisfy({ "-0.".contains($0) }) ? String(text.dropFirst()) : text
  }

  /// `+0.12`, `-0.04`, `0.00`.
  package static func signed(_ value: Double, places: Int = 2) -> String {
    let text = decimal(value, places: places)
    let isZero = text.allSatisfy { "0.".contains($0) }
    return value > 0 && !isZero && value.isFinite ? "+" + text : text
  }

  /// `0.71 [0.66, 0.75]`.
  package static func interval(
    _ estimate: Double, _ lower: Double, _ upper: Double, places: Int = 2, signed isSigned: Bool = false
  ) -> String {
    let write = { (value: Double) in
      isSigned ? signed(value, places: places) : decimal(value, places: places)
    }
    guard lower.isFinite || upper.isFinite else { return write(estimate) }
    return "\(write(estimate)) [\(write(lower)), \(write(upper))]"
  }

  /// `42 %`.
  package static func percent(_ fraction: Double, places: Int = 0) -> String {
    fraction.isFinite ? decimal(fraction * 100, places: places) + " %" : missing
  }

  /// `1.3e-06`: errors and tolerances.
  package static func scientific(_ value: Double) -> String {
    guard value.isFinite else { return decimal(value) }
    return value == 0 ? "0" : String(format: "%.1e", value)
  }

  /// `-0.0342`, `1.27e+03`, `0`: three significant digits.
  package static func significant(_ value: Double) -> String {
    guard value.isFinite else { return decimal(value) }
    if value == 0 { return "0" }
    if value == value.rounded(), value.magnitude < 1e6 { return String(Int(value)) }
    if (1e3..<1e6).contains(value.magnitude) { return decimal(value, places: 0) }
    return (1e-4..<1e3).contains(value.magnitude)
      ? String(format: "%.3g", value) : String(format: "%.2e", value)
  }

  /// `420 ms`, `8.3 s`, `1 min 23 s`, `2 h 05 min`.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return missing }
    if seconds < 0.9995 { return decimal(seconds * 1000, places: 0) + " ms" }
    if seconds < 9.95 { return decimal(seconds, places: 1) + " s" }
    let whole = Int(min(seconds, 1e9).rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(padded(whole % 60)) s" }
    return "\(whole / 3600) h \(padded(whole % 3600 / 60)) min"
  }

  /// `0:42`, `1:02:03`: time still to go.
  package static func clock(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0 else { return "-:--" }
    let whole = Int(min(seconds, 3.6e6).rounded(.up))
    let minutes = whole / 60
    return minutes < 60
      ? "\(minutes):\(padded(whole % 60))" : "\(minutes / 60):\(padded(minutes % 60)):\(padded(whole % 60))"
  }

  private static func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }

  /// Three significant digits and the largest unit that keeps the number at least 1.
  private static func scaled(_ value: Double, _ units: [String]) -> String {
    var number = value.magnitude
    var unit = 0
    while number >= 999.5, unit < units.count - 1 {
      number /= 1000
      unit += 1
    }
    let places = unit == 0 || number >= 99.95 ? 0 : number >= 9.995 ? 1 : 2
    let text = (value < 0 ? "-" : "") + decimal(number, places: places)
    return units[unit].isEmpty ? text : "\(text) \(units[unit])"
  }
}
