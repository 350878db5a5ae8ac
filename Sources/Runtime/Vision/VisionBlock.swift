internal import Mapping

internal import Tensors

/// One pre-norm transformer block: `x += attention(norm1(x))`, `x += mlp(norm2(x))`, each times a learned vector where
/// the model has layer scale.
struct VisionBlock: Sendable {
  let norm1: Norm
  let attention: Attention
  let norm2: Norm
  let mlp: MLP
  /// Sees its window only; otherwise its whole frame.
  let isWindowed: Bool

  /// - Parameter root: what the names of the encoder's parameters start with.
  init(_ index: Int, _ vision: VisionConfiguration, root: String, from loader: ModelLoader) throws {
    let name = "\(root).blocks.\(index)"
    let (width, epsilon) = (vision.width, vision.normEpsilon)
    let scales = try ["scale1", "scale2"].map {
      vision.layerScale == true ? try loader.floats("\(name).\($0)", [width]) : nil
    }
    norm1 = try Norm("\(name).norm1", kind: vision.norm, width: width, epsilon: epsilon, from: loader)
    attention = try Attention(
      "\(name).attention", width: width, heads: vision.heads, queryKeyNorm: vision.queryKeyNorm,
      epsilon: epsilon, outputScale: scales[0], from: loader)
    norm2 = try Norm("\(name).norm2", kind: vision.norm, width: width, epsilon: epsilon, from: loader)
    mlp = try MLP(
      "\(name).mlp", kind: vision.mlp, activation: vision.activation, width: width, hidden: vision.mlpWidth,
      outputScale: scales[1], from: loader)
    isWindowed = vision.windowSize != nil && !vision.fullAttentionBlocks.contains(index)
  }

  /// Floats of `Workspace.wide` a token needs.
  var widePerToken: Int { max(3 * attention.width, mlp.hidden) }

  /// Runs the block on `work.stream` in place.
  func callAsFunction(_ work: Workspace, _ layout: TokenLayout, rotary: RotaryTable?) {
    let (x, rows) = (work.stream.base, layout.tokenCount)
    let segments = isWindowed ? layout.windows ?? layout.frames : layout.frames
    attention.add(
      norm1, to: x, rows: rows, segments: segments, rotary: rotary, tokens: work.tokens, qkv: work.wide.base,
      mixed: work.mixed.base)
    mlp.add(norm2, to: x, rows: rows, tokens: work.tokens, scratch: work.wide.base)
  }
}
