internal import Foundation
internal import Mapping
internal import Tensors

/// Rotary frequencies of a language model, and which position turns each pair.
struct RotaryFrequencies: Sendable {
  /// `[width / 2]`: `θ^(-2p / width)` of the `width` elements of a head that turn, stretched as the configuration says.
  let frequencies: [Float]
  /// Axis (time, row, column) whose position turns each pair.
  let axes: [Int]

  /// - Parameter isScaled: whether they are stretched as the configuration says.
  /// - Throws: `runtime.configuration.invalid` for a scaling that this runtime does not know.
  init(_ language: LanguageConfiguration, theta: Double, isScaled: Bool = true) throws {
    let width = language.rotaryWidth ?? language.headWidth
    let half = width / 2
    let plain = (0..<half).map { Float(1 / pow(theta, Double(2 * $0) / Double(width))) }
    frequencies = try isScaled ? Self.scaled(plain, by: language.ropeScaling) : plain
    axes = try Self.axes(
      half, sections: language.mropeSections, interleaved: language.mropeInterleaved ?? false)
  }

  /// Angles of every token, `[tokens, width / 2]`.
  func table(_ positions: TokenPositions) -> RotaryTable {
    let count = positions.axes[0].count
    return RotaryTable(tokens: count, pairs: frequencies.count) { token, pair in
      let axis = positions.axes.count == 1 ? 0 : axes[pair]
      return Float(positions.axes[axis][token]) * frequencies[pair]
    }
  }

  /// Sections of pairs in a row (Qwen2-VL), or taking turns until a section is used up (Qwen3-VL).
  private static func axes(_ half: Int, sections: [Int]?, interleaved: Bool) throws -> [Int] {
    guard let sections else { return [Int](repeating: 0, count: half) }
    guard sections.count == 3, sections.reduce(0, +) == half, sections.allSatisfy({ $0 >= 0 }) else {
      throw VLMError(
        .configurationInvalid, "M-RoPE sections \(sections) do not make up the \(half) pairs of a head",
        remedy: "config.json is incomplete")
    }
    if interleaved {
      return (0..<half).map { pair in
        let axis = pair % 3
        return axis > 0 && pair < 3 * sections[axis] ? axis : 0
      }
    }
    return sections.enumerated().flatMap { [Int](repeating: $0, count: $1) }
  }

  private static func scaled(_ frequencies: [Float], by scaling: RopeScaling?) throws -> [Float] {
    guard let scaling else { return frequencies }
    switch scaling.kind {
    // `dynamic` only acts on sequences longer than those trained on, which `LanguageModel` refuses.
    case "default", "mrope", "dynamic": return frequencies
    case "linear":
      let factor = Float(try positive(scaling.factor, "factor"))
      return frequencies.map { $0 / factor }
    case "llama3":
      let factor = try positive(scaling.factor, "factor")
      let low = try positive(scaling.lowFrequencyFactor, "low_freq_factor")
      let high = try positive(scaling.highFrequencyFactor, "high_freq_factor")
      let length = try positive(
        scaling.originalMaxPositions.map(Double.init), "original_max_position_embeddings")
      return frequencies.map { llama3($0, factor: factor, low: low, high: high, length: length) }
    default:
      throw VLMError(
        .configurationInvalid, "rotary positions scaled by \"\(scaling.kind)\" are not known",
        remedy: "default, linear, dynamic and llama3 are")
    }
  }

  /// `_compute_llama3_parameters` of transformers: long waves are stretched, short ones kept, those between blended.
  private static func llama3(_ frequency: Float, factor: Double, low: Double, high: Double, length: Double)
    -> Float
  {
    let wave = 2 * Double.pi / Double(frequency)
    if wave > length / low { return Float(Double(frequency) / factor) }
    if wave < length / high { return frequency }
    let smooth = (length / wave - low) / (high - low)
    return Float((1 - smooth) * Double(frequency) / factor + smooth * Double(frequency))
  }

  private static func positive(_ value: Double?, _ name: String) throws -> Double {
    guard let value, value > 0, value.isFinite else {
      throw VLMError(
        .configurationInvalid, "rope_scaling has no positive \(name)", remedy: "config.json is incomplete")
    }
    return value
  }
}
