internal import Tensors

/// What becomes of the matches that a text is cut at.
enum SplitBehavior: String, Sendable {
  case removed = "Removed"
  case isolated = "Isolated"
  case mergedWithPrevious = "MergedWithPrevious"
  case mergedWithNext = "MergedWithNext"
  case contiguous = "Contiguous"

  init(_ node: JSONNode) throws(VLMError) {
    let name = try node.string()
    guard let behavior = Self(rawValue: name) else {
      throw node.failure("the behaviour '\(name)' is not known", code: .tokenizerKind)
    }
    self = behavior
  }

  /// Collects the cuts of one piece after another, as `NormalizedString::split` of `tokenizers` makes them.
  struct Cutter {
    let behavior: SplitBehavior
    /// Matches and gaps change places.
    let inverted: Bool
    private(set) var cuts: [Range<Int>] = []
    private var parts: [(range: Range<Int>, isMatch: Bool)] = []
    private var position = -1

    init(_ behavior: SplitBehavior, inverted: Bool = false) {
      self.behavior = behavior
      self.inverted = inverted
    }

    @inline(__always) mutating func match(_ match: Range<Int>, in piece: Range<Int>) {
      if position < 0 { position = piece.lowerBound }
      if match.lowerBound > position { add(position..<match.lowerBound, isMatch: inverted) }
      add(match, isMatch: !inverted)
      position = match.upperBound
    }

    mutating func finish(_ piece: Range<Int>) {
      if position < 0 { position = piece.lowerBound }
      if position < piece.upperBound { add(position..<piece.upperBound, isMatch: inverted) }
      position = -1
      if !parts.isEmpty { mergeParts() }
    }

    @inline(__always) private mutating func add(_ range: Range<Int>, isMatch: Bool) {
      switch behavior {
      case .isolated: if !range.isEmpty { cuts.append(range) }
      case .removed: if !isMatch, !range.isEmpty { cuts.append(range) }
      default: parts.append((range, isMatch))
      }
    }

    private mutating func mergeParts() {
      var merged: [Range<Int>] = []
      var previous = false
      switch behavior {
      case .mergedWithNext:
        for (range, isMatch) in parts.reversed() {
          if isMatch, !previous, let last = merged.last {
            merged[merged.count - 1] = range.lowerBound..<last.upperBound
          } else {
            merged.append(range)
          }
          previous = isMatch
        }
        merged.reverse()
      default:
        for (range, isMatch) in parts {
          let joins = behavior == .contiguous ? isMatch == previous : isMatch && !previous
          if joins, let last = merged.last {
            merged[merged.count - 1] = last.lowerBound..<range.upperBound
          } else {
            merged.append(range)
          }
          previous = isMatch
        }
      }
      for range in merged where !range.isEmpty { cuts.append(range) }
      parts.removeAll(keepingCapacity: true)
    }
  }
}
