internal import ActionTokens
internal import Mapping
package import Tensors

/// Lengths of some rows of a matrix that has a row for each token.
package struct RowStatistics: Encodable, Hashable, Sendable {
  /// `embedding` or `head`.
  package let matrix: String
  /// `written`: tokens that the authors' encoder writes; `unwritten`: action tokens that it never does; `reserved`: appended
  /// tokens without a meaning; `ordinary`: a sample of all others.
  package let rows: String
  package let count: Int
  package let smallest: Double
  package let median: Double
  package let largest: Double
  /// Rows of zeros.
  package let zeros: Int
  /// Rows of the same bytes as another's.
  package let copies: Int
  /// Rows of the same values as in the base; `nil` without one.
  package let unchanged: Int?
}

/// Whether the rows of the action tokens were trained.
///
/// A row of zeros, a copy of another, or one that is as in the base was not. Beyond that the rule is ours: written tokens' rows
/// are told from those of reserved tokens, which nothing trains, by their length and by their direction; the probability that
/// one of the former is above one of the latter (AUC) is 0.5 where nothing sets them apart.
struct EmbeddingAudit {
  private(set) var findings: [AuditFinding] = []
  private(set) var rows: [RowStatistics] = []

  /// An AUC further than this from 0.5 sets rows apart; of 63 and 158 that are alike, 0.15 is 3.5 standard errors.
  private static let margin = 0.15
  private static let sampleSize = 4096

  init(_ checkpoint: MappedCheckpoint, _ vocabulary: ActionVocabulary, base: MappedCheckpoint?) throws {
    for (matrix, name) in [("embedding", "language.token_embedding.weight"), ("head", "language.head.weight")] {
      guard let descriptor = checkpoint.parameters[name] else { continue }
      let needed = vocabulary.id(of: ActionVocabulary.count - 1) + 1
      guard descriptor.shape[0] >= needed else {
        findings.append(
          AuditFinding(
            "\(matrix).rows", .failed, "the \(matrix) has \(descriptor.shape[0]) rows; the last action token is \(needed - 1)",
            remedy: "resize_token_embeddings of the training run was not saved, or this is the base"))
        continue
      }
      try examine(matrix, try TokenRows(checkpoint, name), try base.map { try TokenRows($0, name) }, vocabulary)
    }
  }

  private mutating func examine(
    _ matrix: String, _ table: TokenRows, _ base: TokenRows?, _ vocabulary: ActionVocabulary
  ) throws {
    let appended = vocabulary.tokens.map(\.id)
    let written = ActionVocabulary.written.map(vocabulary.id)
    let unwritten = ActionVocabulary.unwritten.map(vocabulary.id)
    let reserved = appended.filter { $0 >= vocabulary.id(of: vocabulary.firstReserved) && $0 < vocabulary.id(of: ActionVocabulary.firstOfActions) }
    let step = max(1, appended[0] / Self.sampleSize)
    let ordinary = Array(stride(from: 0, to: appended[0], by: step))
    var vectors: [Int: [Float]] = [:]
    for id in appended { vectors[id] = try table.row(id) }
    if let fault = appended.first(where: { !vectors[$0]!.allSatisfy(\.isFinite) }) {
      findings.append(AuditFinding("\(matrix).finite", .failed, "the row of token \(fault) holds a NaN or an infinity"))
      return
    }
    // Of equal rows all are copies.
    let groups = Dictionary(grouping: appended) { vectors[$0]! }
    let copies = Set(groups.values.filter { $0.count > 1 }.flatMap { $0 })
    func lengths(_ ids: [Int]) throws -> [Double] { try ids.map { Self.length(try vectors[$0] ?? table.row($0)) } }
    func unchanged(_ ids: [Int]) throws -> [Int]? {
      try base.map { base in try ids.filter { try base.holds($0) && vectors[$0] ?? table.row($0) == base.row($0) } }
    }
    for (name, ids) in [("written", written), ("unwritten", unwritten), ("reserved", reserved), ("ordinary", ordinary)] {
      let sorted = try lengths(ids).sorted()
      rows.append(
        RowStatistics(
          matrix: matrix, rows: name, count: ids.count, smallest: sorted[0], median: sorted[sorted.count / 2],
          largest: sorted[sorted.count - 1], zeros: sorted.count { $0 == 0 }, copies: ids.count(where: copies.contains),
          unchanged: try unchanged(ids)?.count))
    }
    let zeros = written.filter { vectors[$0]!.allSatisfy { $0 == 0 } }
    let same = try unchanged(written) ?? []
    let untrained = written.filter { zeros.contains($0) || copies.contains($0) || same.contains($0) }
    if !untrained.isEmpty {
      let reasons = [(zeros.count, "zero"), (written.count(where: copies.contains), "copies of another"), (same.count, "as in the base")]
        .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
      findings.append(
        AuditFinding(
          "\(matrix).trained", .failed,
          "of \(written.count) action tokens \(untrained.count) have untrained rows in the \(matrix): \(reasons); the first is token \(untrained[0])",
          remedy: "the tokens were added and never learnt: is this the trained checkpoint?"))
      return
    }
    findings.append(apart(matrix, written.map { vectors[$0]! }, reserved.map { vectors[$0]! }))
    findings.append(keys(matrix, unwritten, reserved, vectors))
  }

  /// Whether written rows differ from reserved ones.
  private func apart(_ matrix: String, _ written: [[Float]], _ reserved: [[Float]]) -> AuditFinding {
    let byLength = Self.auc(written.map(Self.length), reserved.map(Self.length))
    let centre = Self.mean(reserved)
    let byDirection = Self.auc(
      written.map { Self.cosine($0, centre) },
      // Against the mean of the others: one's own part of a mean is no likeness.
      reserved.map { row in Self.cosine(row, zip(centre, row).map { $0 * Float(reserved.count) - $1 }) })
    let evidence = "AUC \(Self.rounded(byLength)) by length, \(Self.rounded(byDirection)) by direction"
    let isApart = abs(byLength - 0.5) > Self.margin || abs(byDirection - 0.5) > Self.margin
    return isApart
      ? AuditFinding(
        "\(matrix).trained", .passed, "rows of action tokens in the \(matrix) are unlike those of unused reserved tokens (\(evidence))")
      : AuditFinding(
        "\(matrix).trained", .warning,
        "rows of action tokens in the \(matrix) cannot be told from those of unused reserved tokens (\(evidence)): nothing shows that they were trained",
        remedy: "compare with the model that it was trained from: --base")
  }

  /// What the agent can never say.
  private func keys(_ matrix: String, _ unwritten: [Int], _ reserved: [Int], _ vectors: [Int: [Float]]) -> AuditFinding {
    let range = reserved.map { Self.length(vectors[$0]!) }.sorted()
    let press = Self.length(vectors[unwritten[1]]!)
    let isAmong = (range[0]...range[range.count - 1]).contains(press)
    return AuditFinding(
      "\(matrix).inventory", .note,
      "the authors' encoder never writes the inventory key; its row is \(isAmong ? "as long as" : "unlike") those of unused reserved tokens"
        + (isAmong ? ": an agent that never presses it is to be expected" : ": it may have been trained otherwise"))
  }

  // MARK: arithmetic

  private static func length(_ row: [Float]) -> Double {
    row.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  private static func mean(_ rows: [[Float]]) -> [Float] {
    var sum = [Float](repeating: 0, count: rows[0].count)
    for row in rows { for place in sum.indices { sum[place] += row[place] } }
    return sum.map { $0 / Float(rows.count) }
  }

  private static func cosine(_ a: [Float], _ b: [Float]) -> Double {
    let lengths = length(a) * length(b)
    return lengths == 0 ? 0 : zip(a, b).reduce(0.0) { $0 + Double($1.0) * Double($1.1) } / lengths
  }

  /// The probability that one of the first is above one of the second, ties counted half.
  static func auc(_ first: [Double], _ second: [Double]) -> Double {
    var wins = 0.0
    for a in first { for b in second { wins += a > b ? 1 : a == b ? 0.5 : 0 } }
    return wins / Double(first.count * second.count)
  }

  private static func rounded(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }
}

/// Rows of a matrix, read one at a time.
private struct TokenRows {
  let checkpoint: MappedCheckpoint
  let name: String
  let count: Int
  let width: Int

  init(_ checkpoint: MappedCheckpoint, _ name: String) throws(VLMError) {
    // A head that is tied is the embedding.
    let name = checkpoint.parameters[name] == nil ? "language.token_embedding.weight" : name
    guard let shape = checkpoint.parameters[name]?.shape, shape.rank == 2 else {
      throw VLMError(.parameterUnknown, "there is no matrix of tokens", file: checkpoint.path, tensor: name)
    }
    self.checkpoint = checkpoint
    self.name = name
    (count, width) = (shape[0], shape[1])
  }

  func holds(_ id: Int) -> Bool { id < count }

  func row(_ id: Int) throws -> [Float] {
    var row = [Float](repeating: 0, count: width)
    try row.withUnsafeMutableBufferPointer {
      try checkpoint.floatRows(id..<id + 1, of: name, into: $0.baseAddress!)
    }
    return row
  }
}
