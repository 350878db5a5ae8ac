internal import Foundation
internal import Mapping
internal import Synchronization
internal import Tensors

/// Powers of two that make activations and weights alike in their channels, so that int8 with one scale a token loses less of them.
///
/// As SmoothQuant (Xiao et al. 2023, arXiv 2211.10438): channel j of what a norm (or a linear layer) puts out is divided by
/// `s_j = max|x_j|^a / max|W_j|^(1-a)`, and column j of the weights W that read it is multiplied by it. Here s is rounded to powers
/// of two, which change no float but in its exponent: the smoothed checkpoint computes in floats what the original computes, to
/// the last bit (in F16, whose smallest numbers lose bits, to 6e-8). And the strength a is that which is expected to cost least at each place, none among them, by
///
/// `E = (mean_t max_j |x_tj / s_j|^2 * sum_ij W_ij^2 s_j^2 + sum_i max_j |W_ij s_j|^2 * sum_j mean(x_j^2) / s_j^2) / (12 * 127.5^2)`,
///
/// what rounding to int8 adds to the products where errors are uniform and independent. Where activations have one scale a layer, the
/// mean over tokens is the largest of all.
struct Smoothing: Sendable {
  /// Of the parameters that change.
  private(set) var factors: [String: RescaledParameter] = [:]
  private(set) var places: [SmoothedPlace] = []

  /// What activations of norms are drawn of, where there is no data: tokens of independent standard normals.
  private static let drawnTokens = 64
  private static let strengths = [0.25, 0.35, 0.45, 0.5, 0.55, 0.65, 0.75, 0.85]
  /// Beyond, channels are as good as dead.
  private static let mostSteps = 24.0

  /// Settles every place of a model whose readers are quantized.
  ///
  /// - Parameters:
  ///   - quantized: parameters that become int8.
  ///   - activations: how many share a scale.
  ///   - inputs: what was seen to come into linear layers, by parameter; places of which nothing was seen are those of norms, and drawn.
  init(
    of checkpoint: MappedCheckpoint, quantizing quantized: Set<String>, activations: ActivationPrecision = .dynamicPerToken,
    inputs: [String: LayerInputs], progress: ProgressHandler?
  ) throws {
    let all = SmoothingPlace.all(of: checkpoint).filter { !quantized.isDisjoint(with: $0.readers) }
    let done = Atomic<Int>(0)
    let found = try Parallel.map(all.count) { index -> Found? in
      let found = try Self.settle(all[index], checkpoint, quantized, activations, inputs)
      let count = done.wrappingAdd(1, ordering: .relaxed).newValue
      progress?(ProgressReport(activity: "smoothing", completed: count, total: all.count, unit: .steps))
      return found
    }
    for case let (place, found?) in zip(all, found) {
      places.append(found.place)
      guard let powers = found.powers else { continue }
      for writer in place.writers {
        var rows = [Int8](repeating: 0, count: (place.channels.max() ?? -1) + 1)
        for (column, channel) in place.channels.enumerated() { rows[channel] = -powers[column] }
        factors[writer, default: RescaledParameter()].rows = rows
      }
      for reader in place.readers { factors[reader, default: RescaledParameter()].columns = powers }
    }
  }

  /// Tells one choice of powers from another.
  var digest: UInt64 {
    let text = factors.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.rows) \($0.value.columns)" }
    return SeededGenerator.hash(of: text.joined(separator: "\n"))
  }

  private struct Found: Sendable {
    let place: SmoothedPlace
    /// Of the readers' columns; `nil` where nothing is better.
    let powers: [Int8]?
  }

  private static func settle(
    _ place: SmoothingPlace, _ checkpoint: MappedCheckpoint, _ quantized: Set<String>, _ precision: ActivationPrecision,
    _ inputs: [String: LayerInputs]
  ) throws -> Found? {
    let seen = inputs[place.watched]
    guard let activations = try seen ?? (place.isNorm ? drawn(place, checkpoint) : nil) else { return nil }
    let readers = place.readers.filter(quantized.contains)
    var weights = ColumnStrengths(width: place.channels.count)
    try forBlocks(of: readers, checkpoint) { weights.add($0, rows: $1) }

    let count = Double(max(activations.count, 1))
    var candidates: [(strength: Double?, powers: [Int8])] = [(nil, [Int8](repeating: 0, count: place.channels.count))]
    for strength in strengths {
      candidates.append((strength, powers(place, activations.strengths.peaks, weights.peaks, strength)))
    }
    let factors = candidates.map { $0.powers.map { Float(sign: .plus, exponent: Int($0), significand: 1) } }
    var rowPeaks = [Double](repeating: 0, count: candidates.count)
    try forBlocks(of: readers, checkpoint) { values, rows in
      for index in candidates.indices { rowPeaks[index] += Kernels.squaredRowPeaks(values, rows: rows, factors: factors[index]) }
    }
    let power = zip(weights.squares, activations.strengths.squares).reduce(0) { $0 + $1.0 * $1.1 / count }
    let errors = candidates.indices.map { index in
      let inverse = factors[index].map { 1 / $0 }
      let tokens = activations.tokens
      let tokenPeaks =
        precision == .staticPerLayer
        ? Kernels.squaredRowPeaks(activations.strengths.peaks, rows: 1, factors: inverse)
        : Kernels.squaredRowPeaks(tokens.base, rows: tokens.rowCount, factors: inverse) / Double(max(tokens.rowCount, 1))
      var (ofWeights, ofActivations) = (0.0, 0.0)
      for column in place.channels.indices {
        let factor = Double(factors[index][column])
        ofWeights += weights.squares[column] * factor * factor
        ofActivations += activations.strengths.squares[column] / count / (factor * factor)
      }
      return (tokenPeaks * ofWeights + rowPeaks[index] * ofActivations) / (12 * 127.5 * 127.5)
    }
    let best = errors.indices.min { errors[$0] < errors[$1] } ?? 0
    func decibels(_ error: Double) -> Double? { error > 0 && power > 0 ? 10 * log10(power / error) : nil }
    return Found(
      place: SmoothedPlace(
        name: place.name, strength: candidates[best].strength, seenTokens: seen?.count, decibelsBefore: decibels(errors[0]),
        decibels: decibels(errors[best])),
      powers: best == 0 ? nil : candidates[best].powers)
  }

  /// `round(log2 s)` of every reader's column, about their median; channels that share a writer's have one.
  private static func powers(
    _ place: SmoothingPlace, _ activations: [Float], _ weights: [Float], _ strength: Double
  ) -> [Int8] {
    var x = [Float](repeating: 0, count: (place.channels.max() ?? -1) + 1)
    var w = x
    for (column, channel) in place.channels.enumerated() {
      x[channel] = max(x[channel], activations[column])
      w[channel] = max(w[channel], weights[column])
    }
    // A channel that is always 0, or that nothing reads, costs nothing as it is.
    let logs = zip(x, w).map { $0 > 0 && $1 > 0 ? strength * log2(Double($0)) - (1 - strength) * log2(Double($1)) : nil }
    let sorted = logs.compactMap(\.self).sorted()
    guard !sorted.isEmpty else { return place.channels.map { _ in 0 } }
    let middle = sorted[sorted.count / 2]
    return place.channels.map { channel in
      logs[channel].map { Int8(max(-mostSteps, min(mostSteps, ($0 - middle).rounded()))) } ?? 0
    }
  }

  /// What a norm puts out of tokens that are standard normal in every channel.
  private static func drawn(_ place: SmoothingPlace, _ checkpoint: MappedCheckpoint) throws -> LayerInputs {
    let weight = try checkpoint.floats(place.writers[0])
    let bias = place.writers.count > 1 ? try checkpoint.floats(place.writers[1]) : nil
    let width = place.channels.count
    var generator = SeededGenerator(seed: 0, purpose: place.name)
    let tokens = FloatTensor([drawnTokens, width]) { values in
      for index in values.indices {
        values[index] = weight.base[index % width] * Float(generator.normal()) + (bias?.base[index % width] ?? 0)
      }
    }
    var strengths = ColumnStrengths(width: width)
    strengths.add(tokens.base, rows: drawnTokens)
    return LayerInputs(strengths: strengths, count: drawnTokens, tokens: tokens)
  }

  /// Bytes of f32 that are read at once.
  private static let blockBytes = 4 << 20

  /// Lends the rows of weights in f32, a block at a time: `[rows, inputs]`.
  private static func forBlocks(
    of parameters: [String], _ checkpoint: MappedCheckpoint, _ body: (UnsafePointer<Float>, Int) -> Void
  ) throws {
    for parameter in parameters {
      let shape = checkpoint.parameters[parameter]!.shape.dimensions
      let most = max(1, blockBytes / max(4 * shape[1], 1))
      let values = UnsafeMutablePointer<Float>.allocate(capacity: min(most, shape[0]) * shape[1])
      defer { values.deallocate() }
      for first in stride(from: 0, to: shape[0], by: most) {
        let rows = first..<min(first + most, shape[0])
        try checkpoint.floatRows(rows, of: parameter, into: values)
        body(values, rows.count)
      }
    }
  }
}
