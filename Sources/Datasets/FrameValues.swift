/// What tells a quantity without a look at the frame.
package enum Giveaway: Sendable, Hashable {
  /// The robot's own state.
  case robot
  /// The row of the frame.
  case time
}

/// A quantity of every frame in use: [frames, columns], row-major f64.
package struct FrameValues: Sendable, Equatable {
  /// Names of the columns.
  package let columns: [String]
  package private(set) var values: [Double]
  /// What it was read from.
  package let source: String
  /// What tells it without a frame.
  package let givenAwayBy: Giveaway?
  /// By column.
  package let quantities: [Quantity]
  /// What the user should know of how they were made, without a full stop.
  package private(set) var note: String?

  /// - Parameters:
  ///   - quantities: what each column means; by default that is known to the recorder only.
  ///   - note: what the user should know of how they were made.
  package init(
    columns: [String], values: [Double], source: String, givenAwayBy: Giveaway? = nil,
    quantities: [Quantity]? = nil, note: String? = nil
  ) {
    precondition(columns.isEmpty ? values.isEmpty : values.count % columns.count == 0)
    precondition(quantities?.count ?? columns.count == columns.count)
    self.columns = columns
    self.values = values
    self.source = source
    self.givenAwayBy = givenAwayBy
    self.note = note
    self.quantities = quantities ?? columns.map { _ in .recorded }
  }

  func noting(_ note: String) -> FrameValues {
    var result = self
    result.note = note
    return result
  }

  package var frameCount: Int { columns.isEmpty ? 0 : values.count / columns.count }

  package func row(_ frame: Int) -> ArraySlice<Double> {
    values[frame * columns.count..<(frame + 1) * columns.count]
  }
}

/// Values put together from others.
extension FrameValues {
  /// What changes less than this in all frames cannot be seen.
  private func leastChange(_ quantity: Quantity) -> Double {
    switch quantity {
    case .position, .displacement, .length: 1e-3
    case .rotation, .angle: 1e-2
    case .classes, .extent, .recorded: 0
    }
  }

  private func column(_ index: Int) -> [Double] {
    (0..<frameCount).map { values[$0 * columns.count + index] }
  }

  /// The same with columns that do not visibly change at their first value.
  func holdingStill() -> FrameValues {
    var result = self
    for (index, quantity) in quantities.enumerated() {
      let column = column(index)
      guard let least = column.min(), let most = column.max(), most - least < leastChange(quantity) else {
        continue
      }
      for frame in column.indices { result.values[frame * columns.count + index] = column[0] }
    }
    return result
  }

  /// Whether nothing in it ever changes.
  var isStill: Bool { columns.indices.allSatisfy { Set(column($0)).count < 2 } }

  /// Neighbouring columns of it.
  func columns(_ range: Range<Int>) -> FrameValues {
    FrameValues(
      columns: Array(columns[range]),
      values: (0..<frameCount).flatMap { row($0).dropFirst(range.lowerBound).prefix(range.count) },
      source: source, givenAwayBy: givenAwayBy, quantities: Array(quantities[range]))
  }

  /// The difference from another place.
  func less(_ other: FrameValues, named name: String) -> FrameValues {
    FrameValues(
      columns: ["x", "y", "z"].map { "\(name).\($0)" }, values: zip(values, other.values).map { $0 - $1 },
      source: Self.source([self, other]), quantities: [.displacement, .displacement, .displacement])
  }

  /// All side by side.
  static func beside(_ parts: [FrameValues], notes: [String]) -> FrameValues {
    FrameValues(
      columns: parts.flatMap(\.columns),
      values: (0..<parts[0].frameCount).flatMap { frame in parts.flatMap { $0.row(frame) } },
      source: source(parts), quantities: parts.flatMap(\.quantities), note: note(notes))
  }

  /// The sources of all, each once.
  static func source(_ parts: [FrameValues]) -> String {
    var seen: Set<Substring> = []
    return parts.flatMap { $0.source.split(separator: ", ") }.filter { seen.insert($0).inserted }
      .joined(separator: ", ")
  }

  static func note(_ notes: [String]) -> String? { notes.isEmpty ? nil : notes.joined(separator: "; ") }
}
