internal import Foundation
package import Mapping
package import Tensors

/// The language side of a model: embeddings, decoder blocks, final norm and head, as the configuration says.
///
///     let model = try LanguageModel(MappedCheckpoint.open("Qwen2.5-VL-3B-Instruct"))
///     let input = try Prompt(tokens, images: features, for: model.language)
///     let cache = model.makeCache()
///     let logits = try model.extend(cache, with: input)      // of the token after the last
///
/// A model is read-only and may run on several threads at once, each with its own cache; each run uses all threads of
/// `Parallel` by itself.
package final class LanguageModel: Sendable {
  package let language: LanguageConfiguration
  /// The checkpoint, for messages.
  private let directory: String
  private let embedding: TokenEmbedding
  private let blocks: [DecoderBlock]
  private let norm: Norm
  private let head: Linear?
  private let frequencies: RotaryFrequencies?
  /// Those of sliding blocks, where they have their own (Gemma 3).
  private let localFrequencies: RotaryFrequencies?

  /// Tokens that pass through all blocks together: enough for the products to run at full speed.
  private static let chunk = 1024

  /// Loads the language side of a checkpoint.
  ///
  /// Throws when the model has no decoder, or a parameter cannot be read in the arithmetic asked for.
  package convenience init(
    _ checkpoint: MappedCheckpoint, precision: Precision = .stored, progress: ProgressHandler? = nil
  ) throws {
    try self.init(parameters: checkpoint, of: checkpoint, precision: precision, progress: progress)
  }

  /// Loads the parameters from `source`; all else is `checkpoint`'s.
  package init(
    parameters source: some ParameterSource, of checkpoint: MappedCheckpoint, precision: Precision = .stored,
    progress: ProgressHandler? = nil
  ) throws {
    let configuration = checkpoint.configuration
    guard let language = configuration.language, configuration.contrastive == nil else {
      throw VLMError(
        .noLanguageModel, "the model has no decoder to run", file: checkpoint.path,
        remedy: "its vision side can be run: verify --only vision,projector, probe encoder")
    }
    let loader = try ModelLoader(
      source: source, precision: precision, quantization: configuration.quantization, mapsWeights: true)
    self.language = language
    directory = checkpoint.path
    embedding = TokenEmbedding(language, source)
    blocks = try (0..<language.depth).map { index in
      defer {
        progress?(
          ProgressReport(
            activity: "loading the language model", completed: index + 1, total: language.depth, unit: .steps))
      }
      return try DecoderBlock(index, language, from: loader)
    }
    norm = try Norm(
      "language.norm", kind: language.norm, width: language.width, epsilon: language.normEpsilon,
      unitOffset: language.unitOffsetNorm ?? false, from: loader)
    head = try Self.head(language, from: loader)
    frequencies = try language.ropeTheta.map { try RotaryFrequencies(language, theta: $0) }
    localFrequencies = try language.localRopeTheta.map { try RotaryFrequencies(language, theta: $0, isScaled: false) }
  }

  /// A tied head is the token embedding, unless the checkpoint has one of its own.
  private static func head(_ language: LanguageConfiguration, from loader: ModelLoader) throws -> Linear? {
    guard language.hasHead else { return nil }
    let (inputs, outputs) = (language.width, language.vocabularySize)
    return language.tiedEmbeddings && !loader.has("language.head.weight")
      ? try Linear(
        "language.token_embedding", inputs: inputs, outputs: outputs, from: loader, float32Only: true)
      : try Linear("language.head", inputs: inputs, outputs: outputs, from: loader)
  }

  /// The stages this model has, in the order of the forward pass.
  package var stages: [Stage] {
    ([.embeddings] + blocks.indices.map(Stage.Point.block) + [.norm] + (head == nil ? [] : [.output]))
      .map(Stage.language)
  }

  /// A cache for a new sequence.
  package func makeCache() -> KeyValueCache { KeyValueCache(language) }

  /// Runs a whole sequence and returns the activations at `taps`, each `[tokens, width]` (logits `[tokens, vocabulary]`).
  ///
  /// Computes no further than the last tap.
  package func run(_ input: Prompt, taps: Set<Stage>) throws -> Activations {
    var recorder = TapRecorder(taps)
    let depth = recorder.blocksNeeded(of: .language, depth: blocks.count)
    _ = try forward(input, makeCache(), depth: depth, &recorder)
    return try recorder.activations(file: directory)
  }

  /// Runs tokens that follow those in `cache` and returns the logits of the token after the last, `[vocabulary]`.
  ///
  /// - Throws: `runtime.stage.notFinite` naming the first stage that is not finite; `runtime.input.tokens` when there is
  ///   nothing to run, or the sequence outgrows the model.
  package func extend(_ cache: KeyValueCache, with input: Prompt) throws -> [Float] {
    var none = TapRecorder([])
    guard let head else {
      throw VLMError(
        .noLanguageModel, "the model has no head over the vocabulary", file: directory,
        remedy: "it can be verified, quantized and probed, but writes no words")
    }
    let last = try forward(input, cache, depth: blocks.count, &none)
    let tokens = PackedTokens()
    let logits = [Float](unsafeUninitializedCapacity: head.outputs) { logits, count in
      norm(last.base, rows: 1, into: last.base)
      tokens.pack(last.base, rows: 1, width: language.width, as: head.format)
      head(tokens, into: logits.baseAddress!)
      cap(logits.baseAddress!, count: head.outputs)
      count = head.outputs
    }
    none.check(.logits, logits, rows: 1, width: logits.count)
    _ = try none.activations(file: directory)
    return logits
  }

  /// What the last token of a whole sequence ends in, after the final norm: `[width]`.
  ///
  /// - Throws: `runtime.stage.notFinite` naming the first stage that is not finite.
  package func lastState(_ input: Prompt) throws -> [Float] { try lastState(input, makeCache()) }

  /// The same; the cache, which is empty before, holds keys and values of all tokens then.
  func lastState(_ input: Prompt, _ cache: KeyValueCache) throws -> [Float] {
    var none = TapRecorder([])
    let last = try forward(input, cache, depth: blocks.count, &none)
    norm(last.base, rows: 1, into: last.base)
    none.check(.language(.norm), last.base, rows: 1, width: language.width)
    _ = try none.activations(file: directory)
    return Array(UnsafeBufferPointer(start: last.base, count: language.width))
  }

  /// Angles of tokens in every block, and in those that see a sliding window only.
  func rotaryTables(_ positions: TokenPositions) -> (full: RotaryTable?, sliding: RotaryTable?) {
    let full = frequencies?.table(positions)
    return (full, localFrequencies?.table(positions) ?? full)
  }

  /// Runs the first `depth` blocks and returns the last token's row of the residual stream, `[width]`.
  private func forward(
    _ input: Prompt, _ cache: KeyValueCache, depth: Int, _ taps: inout TapRecorder
  ) throws -> Scratch {
    let (count, width) = (input.tokens.count, language.width)
    try check(input, cache)
    let positions = TokenPositions(input, startingAt: cache.nextPosition, for: language)
    cache.reserve(count)
    let embedded = Scratch(count * width)
    try embedding(input, positions, into: embedded.base)
    taps.rows(.language(.embeddings), embedded.base, 0..<count, of: input, width: width)

    let chunks = Self.chunks(of: input)
    let work = DecoderWorkspace(
      rows: chunks.map(\.count).max() ?? 0, width: width, for: blocks, hasBranch: language.postNorms == true)
    for rows in chunks {
      work.stream.base.update(from: embedded.base + rows.lowerBound * width, count: rows.count * width)
      forward(input, rows, positions, work, cache, depth: depth, &taps)
    }
    cache.nextPosition = positions.next
    let last = Scratch(width)
    let row = chunks.last.map { $0.count - 1 } ?? 0
    last.base.update(from: work.stream.base + row * width, count: width)
    return last
  }

  /// Rows that pass through all blocks together; tokens that see each other both ways are not cut.
  static func chunks(of input: Prompt) -> [Range<Int>] {
    let count = input.tokens.count
    var chunks: [Range<Int>] = []
    var start = 0
    while start < count {
      var end = min(count, max(start + chunk, input.prefix))
      if let cut = input.mutual.first(where: { $0.contains(end) && $0.lowerBound < end }) {
        end = cut.lowerBound > max(start, input.prefix) ? cut.lowerBound : cut.upperBound
      }
      chunks.append(start..<end)
      start = end
    }
    return chunks
  }

  /// Runs some rows of `input` through the first `depth` blocks in `work.stream`.
  private func forward(
    _ input: Prompt, _ rows: Range<Int>, _ positions: TokenPositions, _ work: DecoderWorkspace,
    _ cache: KeyValueCache, depth: Int, _ taps: inout TapRecorder
  ) {
    let places = TokenPositions(axes: positions.axes.map { Array($0[rows]) }, next: positions.next)
    let rotary = rotaryTables(places)
    let first = cache.count - rows.lowerBound
    let mutual = input.mutual.map { first + $0.lowerBound..<first + $0.upperBound }
    func visible(_ window: Int?) -> [Range<Int>] {
      VisibleKeys.ranges(past: cache.count, rows: rows.count, prefix: input.prefix, images: mutual, window: window)
    }
    let (full, sliding) = (visible(nil), visible(language.slidingWindow))
    for block in blocks.prefix(depth) {
      let isSliding = block.window != nil
      block(
        work, rows: rows.count, cache: cache, rotary: isSliding ? rotary.sliding : rotary.full,
        visible: isSliding ? sliding : full)
      taps.rows(.language(.block(block.index)), work.stream.base, rows, of: input, width: language.width)
      addDeepstack(input, rows, after: block.index, to: work.stream.base)
    }
    cache.append(rows.count)
    recordEnd(work, input, rows, &taps)
  }

  private func addDeepstack(
    _ input: Prompt, _ rows: Range<Int>, after block: Int, to x: UnsafeMutablePointer<Float>
  ) {
    var place = 0
    for image in input.images {
      defer { place += image.tokenCount }
      guard image.deepstack.indices.contains(block) else { continue }
      for index in 0..<image.tokenCount where rows.contains(input.imageRows[place + index]) {
        let target = x + (input.imageRows[place + index] - rows.lowerBound) * language.width
        Kernels.active.add(
          target, image.deepstack[block].base + index * language.width, into: target, count: language.width)
      }
    }
  }

  /// Final norm and logits of all rows, for those who ask.
  private func recordEnd(
    _ work: DecoderWorkspace, _ input: Prompt, _ rows: Range<Int>, _ taps: inout TapRecorder
  ) {
    guard taps.wants(.language(.norm)) || taps.wants(.logits) else { return }
    let width = language.width
    let normed = Scratch(rows.count * width)
    norm(work.stream.base, rows: rows.count, into: normed.base)
    taps.rows(.language(.norm), normed.base, rows, of: input, width: width)
    guard taps.wants(.logits), let head else { return }
    let logits = Scratch(rows.count * head.outputs)
    work.tokens.pack(normed.base, rows: rows.count, width: width, as: head.format)
    head(work.tokens, into: logits.base)
    // As the head gives them: transformers caps them outside of it.
    taps.rows(.logits, logits.base, rows, of: input, width: head.outputs)
  }

  private func cap(_ logits: UnsafeMutablePointer<Float>, count: Int) {
    guard let cap = language.logitSoftCap.map(Float.init) else { return }
    for index in 0..<count { logits[index] = cap * tanh(logits[index] / cap) }
  }

  private func check(_ input: Prompt, _ cache: KeyValueCache) throws {
    guard !input.tokens.isEmpty, input.prefix <= input.tokens.count, input.prefix == 0 || cache.count == 0
    else {
      throw VLMError(
        .inputTokens, "a prefix of \(input.prefix) in \(input.tokens.count) tokens cannot be run")
    }
    guard input.prefix == 0 || !language.hasLinearBlocks else {
      throw VLMError(
        .inputTokens, "a prefix that attends both ways cannot be run through blocks of linear attention",
        file: directory, remedy: "they see only what is before them: let the prompt be causal (--attention causal)")
    }
    let places = Set(input.imageRows)
    for (row, token) in input.tokens.enumerated()
    where !(0..<language.vocabularySize).contains(token) && !places.contains(row) && row != input.queryRow {
      throw VLMError(
        .inputTokens, "token \(token) at \(row) is outside the vocabulary of \(language.vocabularySize)",
        remedy: "use the tokenizer of this checkpoint")
    }
    if let longest = language.maxPositions, language.ropeScaling?.kind == "dynamic",
      cache.count + input.tokens.count > longest
    {
      throw VLMError(
        .inputTokens,
        "\(cache.count + input.tokens.count) tokens are more than the \(longest) that rotary positions hold for",
        remedy: "shorten the prompt or the answer")
    }
  }
}
