internal import Mapping
internal import Tensors

/// What a recorded tensor that differs from its tap is after all: another tap, a multiple, other rows of it.
package struct TapLikeness: Encodable, Sendable, Equatable {
  package enum Relation: String, Encodable, Sendable {
    /// The values of `tap`, each times `factor`.
    case equal, scaled
    /// The rows of `tap` in another order, or its columns as rows.
    case permuted, transposed
    /// `tap` without the first or the last `rows` rows of each input.
    case withoutFirst, withoutLast
  }

  package let relation: Relation
  /// This runtime's tap.
  package let tap: String
  package let factor: Double?
  package let rows: Int?

  package init(relation: Relation, tap: String, factor: Double? = nil, rows: Int? = nil) {
    self.relation = relation
    self.tap = tap
    self.factor = factor
    self.rows = rows
  }

  /// Looks for every failed tap of `taps` among all activations of the model, which is run once more for it.
  static func explain(
    _ taps: inout [VerificationReport.Tap], _ run: ReferenceRun, tolerance: Double
  ) throws {
    let failed = taps.indices.filter { !taps[$0].passed && taps[$0].name != ReferenceFile.greedy }
    guard !failed.isEmpty else { return }
    let components = Set(failed.map { Verification.component(of: taps[$0].name) })
    var references: [(index: Int, values: RecordedActivation)] = []
    for index in failed {
      guard let values = try? RecordedActivation(run.file.activation(taps[index].name), tolerance) else {
        continue
      }
      references.append((index, values))
    }
    // A tap of no known component may be one of any.
    let only = components.contains(.other) ? [] : components
    try run(.init(only: only)) { name, parts in
      let ours = StageValues(name: name, parts: parts)
      for (index, reference) in references {
        let isOwn = name == taps[index].name
        if taps[index].likeness?.relation == .equal { continue }
        guard let found = reference.likeness(to: ours, isOwn: isOwn) else { continue }
        let known = taps[index].likeness
        if known == nil || found.rank < known!.rank || (isOwn && found.rank == known!.rank) {
          taps[index].likeness = found
        }
      }
    }
  }

  /// An equal tensor says most, then a multiple, then other rows.
  private var rank: Int {
    switch relation {
    case .equal: 0
    case .scaled: 1
    case .withoutFirst, .withoutLast, .permuted, .transposed: 2
    }
  }
}

/// What this runtime made at one tap: rows of all inputs one after another.
struct StageValues {
  let name: String
  let width: Int
  /// Rows of each input.
  let parts: [Int]
  let values: FloatTensor

  init(name: String, parts: [FloatTensor]) {
    self.name = name
    width = parts.first?.rowWidth ?? 0
    self.parts = parts.map(\.rowCount)
    values = parts.count == 1 ? parts[0] : .joined(parts, shape: [parts.reduce(0) { $0 + $1.shape.count }])
  }

  var count: Int { values.shape.count }
  var rows: Int { parts.reduce(0, +) }
}

/// A recorded tensor with what it takes to look for it.
struct RecordedActivation {
  private let values: FloatTensor
  /// Largest difference that passes for equal.
  private let limit: Double
  /// Evenly spread indices, looked at before all values are.
  private let probes: [Int]

  /// `nil` for one that has nothing to recognise: no values, all zero, or not finite.
  init?(_ values: FloatTensor, _ tolerance: Double) {
    var largest = 0.0
    for index in 0..<values.shape.count {
      let size = Double(abs(values.base[index]))
      guard size.isFinite else { return nil }
      largest = max(largest, size)
    }
    guard largest > 0 else { return nil }
    self.values = values
    limit = tolerance * largest
    probes = Array(stride(from: 0, to: values.shape.count, by: max(1, values.shape.count / 256)))
  }

  private var count: Int { values.shape.count }

  /// How this tensor comes from `ours`, the simplest way first; `isOwn` when it is the tap of the same name, whose rows
  /// are worth a closer look.
  func likeness(to ours: StageValues, isOwn: Bool) -> TapLikeness? {
    guard ours.count > 0 else { return nil }
    if ours.count == count {
      if equals(ours, { $0 }) { return TapLikeness(relation: .equal, tap: ours.name) }
      if let factor = factor(ours) { return TapLikeness(relation: .scaled, tap: ours.name, factor: factor) }
      guard isOwn else { return nil }
      if isPermuted(ours) { return TapLikeness(relation: .permuted, tap: ours.name) }
      return isTransposed(ours) ? TapLikeness(relation: .transposed, tap: ours.name) : nil
    }
    return shortened(ours)
  }

  /// Whether value i is value `source(i)` of `ours`, times `factor`.
  private func equals(_ ours: StageValues, factor: Double = 1, _ source: (Int) -> Int) -> Bool {
    func agrees(_ index: Int) -> Bool {
      abs(Double(values.base[index]) - factor * Double(ours.values.base[source(index)])) <= limit
    }
    return probes.allSatisfy(agrees) && (0..<count).allSatisfy(agrees)
  }

  /// The least-squares factor when it explains everything.
  private func factor(_ ours: StageValues) -> Double? {
    func factor(_ indices: some Sequence<Int>) -> Double? {
      var (dot, length) = (0.0, 0.0)
      for index in indices {
        let value = Double(ours.values.base[index])
        dot += value * Double(values.base[index])
        length += value * value
      }
      return length > 0 ? dot / length : nil
    }
    guard let guess = factor(probes),
      probes.allSatisfy({ abs(Double(values.base[$0]) - guess * Double(ours.values.base[$0])) <= 4 * limit }),
      let factor = factor(0..<count), equals(ours, factor: factor, { $0 })
    else { return nil }
    return factor
  }

  /// Whether the rows are those of `ours` in another order, found by a sum over each row with fixed weights.
  private func isPermuted(_ ours: StageValues) -> Bool {
    let (rows, width) = (ours.rows, ours.width)
    guard rows > 1, rows * width == count else { return false }
    let weights = (0..<width).map { Double(($0 &* 2_654_435_761) & 0xffff) / 65536 - 0.5 }
    func sums(_ tensor: FloatTensor) -> [(sum: Double, row: Int)] {
      (0..<rows).map { row in
        let base = tensor.base + row * width
        return (weights.indices.reduce(0) { $0 + weights[$1] * Double(base[$1]) }, row)
      }.sorted { $0.sum < $1.sum }
    }
    let slack = limit * weights.reduce(0) { $0 + abs($1) }
    let (mine, theirs) = (sums(values), sums(ours.values))
    var free = Array(repeating: true, count: rows)
    var start = 0
    for (sum, row) in mine {
      while start < rows, theirs[start].sum < sum - slack { start += 1 }
      var next = start
      var isFound = false
      while next < rows, theirs[next].sum <= sum + slack, !isFound {
        if free[next], rowAgrees(row, theirs[next].row, ours) {
          free[next] = false
          isFound = true
        }
        next += 1
      }
      if !isFound { return false }
    }
    return true
  }

  private func rowAgrees(_ row: Int, _ other: Int, _ ours: StageValues) -> Bool {
    let (left, right) = (values.base + row * ours.width, ours.values.base + other * ours.width)
    return (0..<ours.width).allSatisfy { abs(Double(left[$0]) - Double(right[$0])) <= limit }
  }

  /// Columns as rows, input by input where all have as many rows.
  private func isTransposed(_ ours: StageValues) -> Bool {
    guard let rows = ours.parts.first, ours.parts.allSatisfy({ $0 == rows }), rows > 1, ours.width > 1 else {
      return false
    }
    let area = rows * ours.width
    return equals(ours) { index in
      let (part, within) = (index / area, index % area)
      return part * area + within % rows * ours.width + within / rows
    }
  }

  /// Every input's rows but as many at its beginning or end, such as class tokens.
  private func shortened(_ ours: StageValues) -> TapLikeness? {
    guard ours.count > count, count % ours.width == 0, !ours.parts.isEmpty else { return nil }
    let missing = ours.rows - count / ours.width
    let (dropped, rest) = missing.quotientAndRemainder(dividingBy: ours.parts.count)
    guard rest == 0, ours.parts.allSatisfy({ $0 > dropped }) else { return nil }
    for relation in [TapLikeness.Relation.withoutFirst, .withoutLast] {
      var map: [Int] = []
      var row = 0
      for part in ours.parts {
        map += (0..<part - dropped).map { row + $0 + (relation == .withoutFirst ? dropped : 0) }
        row += part
      }
      if equals(ours, { map[$0 / ours.width] * ours.width + $0 % ours.width }) {
        return TapLikeness(relation: relation, tap: ours.name, rows: dropped)
      }
    }
    return nil
  }
}
