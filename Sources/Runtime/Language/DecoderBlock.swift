internal import Mapping
internal import Tensors

/// One pre-norm decoder block: `x += attention(norm1(x))`, `x += mlp(norm2(x))`, each with a second norm before it is added
/// where the family has one (Gemma 2).
struct DecoderBlock: Sendable {
  let index: Int
  let norm1: Norm
  let mixer: Mixer
  let postNorm1: Norm?
  let norm2: Norm
  let feedForward: FeedForward
  let postNorm2: Norm?
  /// Tokens it sees, itself included; `nil` is all.
  let window: Int?

  /// What lets tokens see those before them.
  enum Mixer: Sendable {
    case attention(DecoderAttention)
    case linear(LinearAttention)
  }

  enum FeedForward: Sendable {
    case dense(MLP)
    case experts(MixtureOfExperts)
  }

  init(_ index: Int, _ language: LanguageConfiguration, from loader: ModelLoader) throws {
    let name = "language.blocks.\(index)"
    func norm(_ part: String, _ width: Int) throws -> Norm {
      try Norm(
        "\(name).\(part)", kind: language.norm, width: width, epsilon: language.normEpsilon,
        unitOffset: language.unitOffsetNorm ?? false, from: loader)
    }
    let (width, hasPostNorms) = (language.width, language.postNorms ?? false)
    self.index = index
    norm1 = try norm("norm1", width)
    if language.isLinear(block: index), let sizes = language.linearAttention {
      mixer = .linear(try LinearAttention("\(name).linear_attention", language, sizes, from: loader))
    } else {
      mixer = .attention(try DecoderAttention("\(name).attention", language, from: loader))
    }
    postNorm1 = hasPostNorms ? try norm("norm1_post", width) : nil
    norm2 = try norm("norm2", width)
    if language.hasExperts(block: index), let experts = language.experts {
      feedForward = .experts(
        try MixtureOfExperts("\(name).mlp", language, experts: experts, from: loader))
    } else {
      feedForward = .dense(
        try MLP(
          "\(name).mlp", kind: language.mlp, activation: language.activation, width: width,
          hidden: language.mlpWidth,
          innerNorm: language.innerNorms == true ? try norm("mlp.norm", language.mlpWidth) : nil, from: loader
        ))
    }
    postNorm2 = hasPostNorms ? try norm("norm2_post", width) : nil
    window = language.isSliding(block: index) ? language.slidingWindow : nil
  }

  /// Floats of `DecoderWorkspace.wide` that `rows` tokens need.
  func wide(rows: Int) -> Int {
    let hidden =
      switch feedForward {
      case .dense(let mlp): mlp.hidden
      case .experts: norm2.width
      }
    return switch mixer {
    case .attention(let attention): rows * max(attention.width, hidden)
    case .linear(let attention): max(attention.wide(rows: rows), rows * hidden)
    }
  }

  /// Floats of `DecoderWorkspace.mixed` that `rows` tokens need.
  func mixed(rows: Int) -> Int {
    switch mixer {
    case .attention(let attention): rows * attention.width
    case .linear(let attention): attention.mixed(rows: rows)
    }
  }

  /// Runs the block on `work.stream` in place, `rows` tokens that follow those in the cache.
  func callAsFunction(
    _ work: DecoderWorkspace, rows: Int, cache: KeyValueCache, rotary: RotaryTable?, visible: [Range<Int>]
  ) {
    let x = work.stream.base
    add(postNorm1, to: x, rows: rows, work) { residual, y in
      switch mixer {
      case .attention(let attention):
        attention(
          norm1, x, rows: rows, cache: cache, block: index, rotary: rotary, visible: visible,
          tokens: work.tokens, queries: work.wide.base, mixed: work.mixed.base, residual: residual, into: y)
      case .linear(let attention):
        attention(
          norm1, x, rows: rows, state: cache.state(index), tokens: work.tokens, wide: work.wide.base,
          mixed: work.mixed.base, residual: residual, into: y)
      }
    }
    add(postNorm2, to: x, rows: rows, work) { residual, y in
      switch feedForward {
      case .dense(let mlp):
        mlp(rows: rows, tokens: work.tokens, scratch: work.wide.base, residual: residual, into: y) { format in
          norm2.pack(x, rows: rows, into: work.tokens, as: format)
        }
      case .experts(let experts):
        let input = work.wide.base
        input.update(from: x, count: rows * norm2.width)
        norm2.inPlace(input, rows: rows)
        experts(input, rows: rows, tokens: work.tokens, residual: residual, into: y)
      }
    }
  }

  /// Adds what `part` makes to `x`: by itself through the residual, or normed first.
  private func add(
    _ postNorm: Norm?, to x: UnsafeMutablePointer<Float>, rows: Int, _ work: DecoderWorkspace,
    _ part: (_ residual: UnsafePointer<Float>?, _ y: UnsafeMutablePointer<Float>) -> Void
  ) {
    guard let postNorm else {
      part(UnsafePointer(x), x)
      return
    }
    let y = work.branch.base
    part(nil, y)
    postNorm.inPlace(y, rows: rows)
    Kernels.active.add(x, y, into: x, count: rows * postNorm.width)
  }
}

/// The memory that `rows` tokens pass through the decoder in; blocks allocate nothing but for experts.
final class DecoderWorkspace {
  /// The residual stream, `[rows, width]`.
  let stream: Scratch
  /// What a block's part makes before its own norm, `[rows, width]`; empty where there is none.
  let branch: Scratch
  /// Attention's mixture of values, `[rows, heads * headWidth]`, or what a convolution made.
  let mixed: Scratch
  /// Queries, then the MLP's hidden layer.
  let wide: Scratch
  /// The input of the next product, packed.
  let tokens = PackedTokens()

  init(rows: Int, width: Int, for blocks: [DecoderBlock], hasBranch: Bool) {
    stream = Scratch(rows * width)
    branch = Scratch(hasBranch ? rows * width : 0)
    mixed = Scratch(blocks.reduce(0) { max($0, $1.mixed(rows: rows)) })
    wide = Scratch(blocks.reduce(0) { max($0, $1.wide(rows: rows)) })
  }
}
