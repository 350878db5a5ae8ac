package import Checkpoints
internal import Mapping
internal import Synchronization
package import Tensors

/// Parameters of a model that is to be watched: what comes into the named linear layers is noted while it runs in f32.
///
///     let watched = ObservedParameters(checkpoint, of: ["vision.blocks.0.mlp.up.weight"])
///     let model = try VisionLanguageModel(parameters: watched, of: checkpoint, precision: .float32)
///     _ = try model.run(samples, at: [])
///     watched.inputs()["vision.blocks.0.mlp.up.weight"]
package final class ObservedParameters<Source: ParameterSource>: ParameterSource {
  private let source: Source
  private let parameters: Set<String>
  private let seen = Mutex<[String: SeenTokens]>([:])

  package init(_ source: Source, of parameters: Set<String>) { (self.source, self.parameters) = (source, parameters) }

  package var file: String? { source.file }
  package func shape(of parameter: String) -> Shape? { source.shape(of: parameter) }
  package func floats(_ parameter: String) throws -> FloatTensor { try source.floats(parameter) }
  package func int8(_ parameter: String) throws -> PackedWeights? { try source.int8(parameter) }
  package func inputRounding(_ parameter: String) -> InputRounding? { source.inputRounding(parameter) }
  package func mapped(_ parameter: String) throws -> MappedWeights? { try source.mapped(parameter) }
  package func floatRows(
    _ rows: Range<Int>, of parameter: String, into destination: UnsafeMutablePointer<Float>
  ) throws { try source.floatRows(rows, of: parameter, into: destination) }

  package func used(_ weights: any LinearWeights, as parameter: String) -> any LinearWeights {
    guard parameters.contains(parameter) else { return weights }
    return ObservedWeights(weights: weights) { tokens, rows in
      self.seen.withLock { $0[parameter, default: SeenTokens(parameter, width: weights.inputs)].add(tokens, rows: rows) }
    }
  }

  /// By parameter; layers that no token came to are left out.
  package func inputs() -> [String: LayerInputs] { seen.withLock { $0.mapValues(\.inputs) } }
}

/// A layer's weights that show what they are multiplied by.
private struct ObservedWeights: LinearWeights {
  let weights: any LinearWeights
  /// Gets `[rows, inputs]`.
  let note: @Sendable (_ tokens: UnsafePointer<Float>, _ rows: Int) -> Void

  var format: ProductFormat { .plain }
  var outputs: Int { weights.outputs }
  var inputs: Int { weights.inputs }

  func multiply(_ tokens: PackedTokens, _ epilogue: Epilogue, into out: UnsafeMutablePointer<Float>, stride: Int?) {
    weights.multiply(shown(tokens), epilogue, into: out, stride: stride)
  }

  func integerSums(_ tokens: PackedTokens, into out: UnsafeMutablePointer<Int32>) {
    weights.integerSums(shown(tokens), into: out)
  }

  private func shown(_ tokens: PackedTokens) -> PackedTokens {
    note(tokens.plainRows, tokens.rows)
    let packed = PackedTokens(kernels: tokens.kernels)
    packed.pack(tokens.plainRows, rows: tokens.rows, width: tokens.width, as: weights.format)
    return packed
  }
}

/// Sums over all tokens, and a sample of them (Vitter's algorithm R).
private struct SeenTokens: Sendable {
  private static let most = 64

  private var strengths: ColumnStrengths
  private var count = 0
  private var kept: [[Float]] = []
  private let width: Int
  private var generator: SeededGenerator

  init(_ parameter: String, width: Int) {
    self.width = width
    strengths = ColumnStrengths(width: width)
    generator = SeededGenerator(seed: 0, purpose: parameter)
  }

  mutating func add(_ tokens: UnsafePointer<Float>, rows: Int) {
    strengths.add(tokens, rows: rows)
    for row in 0..<rows {
      count += 1
      let place = count <= Self.most ? kept.count : generator.index(below: count)
      guard place < Self.most else { continue }
      let token = Array(UnsafeBufferPointer(start: tokens + row * width, count: width))
      if place == kept.count { kept.append(token) } else { kept[place] = token }
    }
  }

  var inputs: LayerInputs {
    LayerInputs(
      strengths: strengths, count: count, tokens: FloatTensor(kept.flatMap(\.self), shape: [kept.count, width]))
  }
}
