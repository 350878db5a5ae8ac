import Foundation
import Tensors
import Testing

@testable import Mapping

/// Layouts of families to come, in the language of today: fused, transposed, stacked and interleaved weights.
@Suite struct MappingRuleTests {
  private let symbols: ConfigurationSymbols = {
    var configuration = ModelConfiguration(family: "toy", dialect: "one")
    configuration.language = LanguageConfiguration(
      depth: 1, width: 6, heads: 4, keyValueHeads: 2, headWidth: 3, mlpWidth: 5, mlp: .gated,
      activation: .silu,
      norm: .rmsNorm, normEpsilon: 1e-6, attentionBias: false, attentionOutputBias: false, mlpBias: false,
      vocabularySize: 9, hasHead: true, tiedEmbeddings: true)
    return ConfigurationSymbols(configuration)
  }()

  private func rule(_ convert: String) throws -> (file: FamilyFile, rule: MappingRule) {
    let file = try FamilyFile(
      parsing: FamilyFileTests.text(convert: convert), file: "toy.json5", parts: PartLibrary([]))
    return (file, try #require(file.rules.last))
  }

  /// What each place of the result holds, as places of the sources laid end to end.
  private func order(_ layout: TensorLayout, _ sources: [String: Int]) -> [Int] {
    var order: [Int] = []
    layout.forEachRun(in: 0..<layout.count) { source, from, _, stride, count in
      order += (0..<count).map { sources[source, default: 0] + from + $0 * stride }
    }
    return order
  }

  /// Keras and Conv1D kernels are [in, out].
  @Test func transposedKernels() throws {
    let (_, rule) = try rule(#"{ from: "mlp.kernel", to: "b.mlp.up.weight", by: [{ transpose: [1, 0] }] }"#)
    let source = TensorLayout(source: "k", shape: [2, 3])
    let result = try rule.apply([source], expected: [[3, 2]], symbols)
    #expect(order(result[0], [:]) == [0, 3, 1, 4, 2, 5])
    #expect(try rule.undo(result, count: 1, symbols)[0].contiguous == source.contiguous)
  }

  /// InternLM 2 interleaves by key head: its queries, then the key, then the value.
  @Test func interleavedQueryKeyValue() throws {
    let (_, rule) = try rule(
      #"""
      { from: "wqkv.weight", to: "b.attention.[query,key,value].weight", by: [
        { reshape: { from: ["*", "language.width"],
                     to: ["language.keyValueHeads", "*", "language.headWidth", "language.width"] } },
        { split: 1 },
        { reshape: { from: ["language.keyValueHeads", "*", "language.headWidth", "language.width"],
                     to: ["*", "language.width"] } },
      ] }
      """#)
    let source = TensorLayout(source: "w", shape: [24, 6])
    let parts = try rule.apply([source], expected: [[12, 6], [6, 6], [6, 6]], symbols)
    #expect(parts.map(\.shape) == [[12, 6], [6, 6], [6, 6]])
    // Rows of head group g start at 12 g: queries 0 to 5, key 6 to 8, value 9 to 11.
    let rows = parts.map { order($0, [:]).enumerated().filter { $0.offset % 6 == 0 }.map { $0.element / 6 } }
    #expect(rows == [Array(0..<6) + Array(12..<18), [6, 7, 8, 18, 19, 20], [9, 10, 11, 21, 22, 23]])
    let back = try rule.undo(parts, count: 1, symbols)[0]
    #expect(back.shape == [24, 6])
    #expect(order(back, [:]) == Array(0..<144))
  }

  /// Experts stored one by one become one tensor, with as many as there are.
  @Test func stackedExperts() throws {
    let (file, rule) = try rule(
      #"{ from: "l.{i}.experts.[e].up.weight", to: "b.{i}.experts.up.weight", by: [{ stack: 0 }] }"#)
    #expect(file.rule(forSource: "l.3.experts.7.up.weight")?.indexes == ["i": 3, "e": 7])
    let sources = (0..<3).map { TensorLayout(source: "e\($0)", shape: [5, 6]) }
    let stacked = try rule.apply(sources, expected: [[3, 5, 6]], symbols)
    #expect(stacked[0].shape == [3, 5, 6])
    #expect(order(stacked[0], ["e1": 30, "e2": 60]) == Array(0..<90))
    #expect(try rule.undo(stacked, count: 3, symbols) == sources)
  }

  /// Qwen3-VL-MoE fuses gate and up, and stores experts (expert, in, out).
  @Test func fusedTransposedExperts() throws {
    let (_, rule) = try rule(
      #"""
      { from: "experts.gate_up_proj", to: "b.experts.[gate,up].weight",
        by: [{ transpose: [0, 2, 1] }, { split: 1 }] }
      """#)
    let source = TensorLayout(source: "g", shape: [2, 6, 10])
    let parts = try rule.apply([source], expected: [[2, 5, 6], [2, 5, 6]], symbols)
    #expect(order(parts[1], [:]).prefix(7) == [5, 15, 25, 35, 45, 55, 6])
    #expect(try rule.undo(parts, count: 1, symbols)[0].contiguous == source.contiguous)
  }

  /// One tensor for the runtime where the file has two.
  @Test func concatenatedSources() throws {
    let (_, rule) = try rule(#"{ from: "[gate,up].weight", to: "b.gate_up.weight", by: [{ concat: 0 }] }"#)
    let sources = ["g", "u"].map { TensorLayout(source: $0, shape: [5, 6]) }
    let joined = try rule.apply(sources, expected: [[10, 6]], symbols)
    #expect(order(joined[0], ["u": 30]) == Array(0..<60))
    #expect(try rule.undo(joined, count: 2, symbols) == sources)
  }

  /// Channel-last convolution kernels (MLX, Keras): [out, rows, columns, channels].
  @Test func channelLastConvolution() throws {
    let (_, rule) = try rule(
      #"""
      { from: "patch.kernel", to: "b.patch.weight", by: [
        { transpose: [0, 3, 1, 2] },
        { reshape: { from: ["*", 3, 2, 2], to: ["*", 12] } },
      ] }
      """#)
    let source = TensorLayout(source: "p", shape: [4, 2, 2, 3])
    let result = try rule.apply([source], expected: [[4, 12]], symbols)
    #expect(order(result[0], [:]).prefix(12) == [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11])
    #expect(try rule.undo(result, count: 1, symbols)[0].contiguous == source.contiguous)
  }
}
