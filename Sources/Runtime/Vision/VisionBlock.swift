internal import Mapping
internal import Tensors

/// One pre-norm transformer block: `x += attention(norm1(x))`, `x += mlp(norm2(x))`.
struct VisionBlock: Sendable {
  let norm1: Norm
  let attention: Attention
  let norm2: Norm
  let mlp: MLP
  /// Sees its window only; otherwise its whole frame.
  let isWindowed: Bool

  init(_ index: Int, _ vision: VisionConfiguration, from source: some ParameterSource) throws {
    let name = "vision.blocks.\(index)"
    let (width, epsilon) = (vision.width, vision.normEpsilon)
    norm1 = try Norm("\(name).norm1", kind: vision.norm, width: width, epsilon: epsilon, from: source)
    attention = try Attention("\(name).attention", width: width, heads: vision.heads, from: source)
    norm2 = try Norm("\(name).norm2", kind: vision.norm, width: width, epsilon: epsilon, from: source)
    mlp = try MLP(
      "\(name).mlp", kind: vision.mlp, activation: vision.activation, width: width, hidden: vision.mlpWidth,
      from: source)
    isWindowed = vision.windowSize != nil && !vision.fullAttentionBlocks.contains(index)
  }

  /// Floats of `Workspace.wide` a token needs.
  var widePerToken: Int { max(3 * attention.width, mlp.scratchPerToken) }

  /// Runs the block on `work.stream` in place.
  func callAsFunction(_ work: Workspace, _ layout: TokenLayout, rotary: RotaryTable?) {
    let (x, h, rows) = (work.stream.base, work.normed.base, layout.tokenCount)
    let segments = isWindowed ? layout.windows ?? layout.frames : layout.frames
    norm1(x, rows: rows, into: h)
    attention.add(h, rows: rows, segments: segments, rotary: rotary, to: x, qkv: work.wide.base, mixed: h)
    norm2(x, rows: rows, into: h)
    mlp.add(h, rows: rows, to: x, scratch: work.wide.base)
  }
}
