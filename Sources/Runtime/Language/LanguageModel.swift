internal import Foundation
package import Mapping
package import Tensors

/// The language side of a model: embeddings, decoder blocks, final norm and head, as the configuration says.
///
///     let model = try LanguageModel(MappedCheckpoint.open("Qwen2.5-VL-3B-Instruct"))
///     let input = try LanguageInput(tokens, images: features, for: model.language)
///     let cache = model.makeCache()
///     let logits = try model.extend(cache, with: input)      // of the token after the last
///
/// A model is read-only and may run on several threads at once, each with its own cache; each run uses all threads of
/// `Parallel` by itself.
package final class LanguageModel: Sendable {
  package let language: LanguageConfiguration
  private let embedding: TokenEmbedding
  private let blocks: [DecoderBlock]
  private let norm: Norm
  private let head: Linear?
  private let frequencies: RotaryFrequencies?

  /// Tokens that pass through all blocks together: enough for the products to run at full speed.
  private static let chunk = 1024

  /// Loads the language side of a checkpoint.
  ///
  /// Throws when the model has no decoder, or a parameter cannot be read in the arithmetic asked for.
  package init(
    _ checkpoint: MappedCheckpoint, precision: Precision = .stored, progress: ProgressHandler? = nil
  ) throws {
    let configuration = checkpoint.configuration
    guard let language = configuration.language, configuration.contrastive == nil else {
      throw VLMError(
        .noLanguageModel, "the model has no decoder to run", file: checkpoint.path,
        remedy: "its vision side can be run: verify --only vision,projector, probe encoder")
    }
    let loader = try ModelLoader(
      source: checkpoint, precision: precision, quantization: configuration.quantization, mapsWeights: true)
    self.language = language
    embedding = TokenEmbedding(language, checkpoint)
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
  package var stages: [LanguageStage] {
    [.embeddings] + (0..<language.depth).map(LanguageStage.block) + [.norm] + (head == nil ? [] : [.logits])
  }

  /// A cache for a new sequence.
  package func makeCache() -> KeyValueCache { KeyValueCache(language) }

  /// Runs a whole sequence and returns the activations at `taps`, each `[tokens, width]` (logits `[tokens, vocabulary]`).
  package func run(_ input: LanguageInput, taps: Set<LanguageStage>) throws -> [LanguageStage: FloatTensor] {
    var recorder = LanguageTaps(taps, tokens: input.tokens.count)
    _ = try forward(input, makeCache(), &recorder)
    if let fault = recorder.fault { throw fault.error(file: embedding.checkpoint.path) }
    return recorder.activations
  }

  /// Runs tokens that follow those in `cache` and returns the logits of the token after the last, `[vocabulary]`.
  ///
  /// - Throws: `runtime.stage.notFinite` naming the first stage that is not finite; `runtime.input.tokens` when there is
  ///   nothing to run, or the sequence outgrows the model.
  package func extend(_ cache: KeyValueCache, with input: LanguageInput) throws -> [Float] {
    var none = LanguageTaps([], tokens: 0)
    guard let head else {
      throw VLMError(
        .noLanguageModel, "the model has no head over the vocabulary", file: embedding.checkpoint.path,
        remedy: "it can be verified, quantized and probed, but writes no words")
    }
    let last = try forward(input, cache, &none)
    let tokens = PackedTokens()
    let logits = [Float](unsafeUninitializedCapacity: head.outputs) { logits, count in
      norm(last.base, rows: 1, into: last.base)
      tokens.pack(last.base, rows: 1, width: language.width, as: head.format)
      head(tokens, into: logits.baseAddress!)
      cap(logits.baseAddress!, count: head.outputs)
      count = head.outputs
    }
    none.record(.logits, logits, rows: 0..<1, width: logits.count)
    if let fault = none.fault { throw fault.error(file: embedding.checkpoint.path) }
    return logits
  }

  /// Returns the last token's row of the residual stream, `[width]`.
  private func forward(_ input: LanguageInput, _ cache: KeyValueCache, _ taps: inout LanguageTaps) throws
    -> Scratch
  {
    let (count, width) = (input.tokens.count, language.width)
    let positions = TokenPositions(input, startingAt: cache.nextPosition, for: language)
    try check(input, cache)
    cache.reserve(count)
    let embedded = Scratch(count * width)
    try embedding(input, positions, into: embedded.base)
    taps.record(.embeddings, embedded.base, rows: 0..<count, width: width)

    // Tokens of a prefix see each other, so they cannot be cut.
    let chunk = max(min(count, Self.chunk), input.prefix)
    let work = DecoderWorkspace(
      rows: chunk, width: width, mixed: language.heads * language.headWidth,
      widest: blocks.reduce(0) { max($0, $1.widePerToken) }, hasBranch: language.postNorms == true)
    var done = 0
    while done < count {
      let rows = done..<min(count, done + chunk)
      work.stream.base.update(from: embedded.base + done * width, count: rows.count * width)
      forward(input, rows, positions, work, cache, &taps)
      done = rows.upperBound
    }
    cache.nextPosition = positions.next
    let last = Scratch(width)
    let row = (count - 1) % chunk
    last.base.update(from: work.stream.base + row * width, count: width)
    return last
  }

  /// Runs some rows of `input` through all blocks in `work.stream`.
  private func forward(
    _ input: LanguageInput, _ rows: Range<Int>, _ positions: TokenPositions, _ work: DecoderWorkspace,
    _ cache: KeyValueCache, _ taps: inout LanguageTaps
  ) {
    let places = TokenPositions(axes: positions.axes.map { Array($0[rows]) }, next: positions.next)
    let rotary = frequencies?.table(places)
    func visible(_ window: Int?) -> [Range<Int>] {
      VisibleKeys.ranges(past: cache.count, rows: rows.count, prefix: input.prefix, window: window)
    }
    let (full, sliding) = (visible(nil), visible(language.slidingWindow))
    for block in blocks {
      block(
        work, rows: rows.count, cache: cache, rotary: rotary, visible: block.window == nil ? full : sliding)
      taps.record(.block(block.index), work.stream.base, rows: rows, width: language.width)
      addDeepstack(input, rows, after: block.index, to: work.stream.base)
    }
    cache.append(rows.count)
    recordEnd(work, rows, &taps)
  }

  private func addDeepstack(
    _ input: LanguageInput, _ rows: Range<Int>, after block: Int, to x: UnsafeMutablePointer<Float>
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
  private func recordEnd(_ work: DecoderWorkspace, _ rows: Range<Int>, _ taps: inout LanguageTaps) {
    guard taps.wants(.norm) || taps.wants(.logits) else { return }
    let width = language.width
    let normed = Scratch(rows.count * width)
    norm(work.stream.base, rows: rows.count, into: normed.base)
    taps.record(.norm, normed.base, rows: rows, width: width)
    guard taps.wants(.logits), let head else { return }
    let logits = Scratch(rows.count * head.outputs)
    work.tokens.pack(normed.base, rows: rows.count, width: width, as: head.format)
    head(work.tokens, into: logits.base)
    // As the head gives them: transformers caps them outside of it.
    taps.record(.logits, logits.base, rows: rows, width: head.outputs)
  }

  private func cap(_ logits: UnsafeMutablePointer<Float>, count: Int) {
    guard let cap = language.logitSoftCap.map(Float.init) else { return }
    for index in 0..<count { logits[index] = cap * tanh(logits[index] / cap) }
  }

  private func check(_ input: LanguageInput, _ cache: KeyValueCache) throws {
    guard !input.tokens.isEmpty, input.prefix <= input.tokens.count, input.prefix == 0 || cache.count == 0
    else {
      throw VLMError(
        .inputTokens, "a prefix of \(input.prefix) in \(input.tokens.count) tokens cannot be run")
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
