internal import Checkpoints
package import Images
package import Mapping
package import Runtime
internal import Tensors

/// Times a whole model on one image and a prompt: loading, vision side, prefill, and the tokens written after.
package struct PrefillBenchmark: Encodable, Sendable {
  package struct Timing: Encodable, Sendable {
    /// Opening parameters and packing what is not used as it lies in the file, seconds.
    package let load: Double
    /// Seconds of each run, after one that is not counted.
    package let vision: [Double]
    package let language: [Double]
    /// Seconds of each token written after the prompt.
    package let decode: [Double]
  }

  package let precision: Precision
  package let threads: Int
  package let kernels: String
  /// Tokens that stand for the image.
  package let imageTokens: Int
  package let promptTokens: Int
  package let seconds: Timing

  /// - Parameters:
  ///   - image: a picture; `nil` is seeded noise, `side` pixels square.
  ///   - promptTokens: tokens of text after the image, drawn by a seed.
  ///   - written: tokens written after the prompt.
  ///   - save: path for a safetensors file with the `logits` [vocabulary] after the prompt.
  /// - Throws: `VLMError` when the model cannot be loaded or run.
  package init(
    _ checkpoint: MappedCheckpoint, precision: Precision, image: RGBImage?, side: Int, promptTokens: Int,
    written: Int, runs: Int, save: String? = nil
  ) throws {
    let clock = ContinuousClock()
    let start = clock.now
    let vision = try VisionModel(checkpoint, precision: precision)
    let language = try LanguageModel(checkpoint, precision: precision)
    let load = (clock.now - start) / .seconds(1)
    let picture = try vision.prepare(image ?? Self.noise(side))

    var (visionTimes, languageTimes, decodeTimes): ([Double], [Double], [Double]) = ([], [], [])
    var imageTokens = 0
    for run in 0...runs {
      let before = clock.now
      let features = vision.features([picture], try vision.run([picture], taps: Set(vision.featureStages)))
      let between = clock.now
      imageTokens = features.reduce(0) { $0 + $1.tokenCount }
      let input = try Self.prompt(features, imageTokens, promptTokens, language.language)
      let cache = language.makeCache()
      var logits = try language.extend(cache, with: input)
      let after = clock.now
      guard run > 0 else { continue }
      visionTimes.append((between - before) / .seconds(1))
      languageTimes.append((after - between) / .seconds(1))
      guard run == runs else { continue }
      if let save {
        let answer = FloatTensor([logits.count]) { _ = $0.update(fromContentsOf: logits) }
        try SafetensorsWriter().write([RecordedTensor("logits", answer).planned], toFile: save)
      }
      var sampler = Sampler()
      for _ in 0..<written {
        let began = clock.now
        let next = sampler.next(logits)
        logits = try language.extend(
          cache, with: Prompt([next], imageRows: [], for: language.language))
        decodeTimes.append((clock.now - began) / .seconds(1))
      }
    }
    self.precision = precision
    threads = Parallel.threads
    kernels = InstructionSet.active.rawValue
    self.imageTokens = imageTokens
    self.promptTokens = promptTokens
    seconds = Timing(load: load, vision: visionTimes, language: languageTimes, decode: decodeTimes)
  }

  /// The image, then text: ids below 1000 exist in every vocabulary of the size that is worth timing.
  private static func prompt(
    _ features: [ImageFeatures], _ imageTokens: Int, _ count: Int, _ language: LanguageConfiguration
  ) throws -> Prompt {
    var generator = SeededGenerator(seed: 0, purpose: "prompt")
    let text = (0..<count).map { _ in generator.index(below: min(1000, language.vocabularySize)) }
    return try Prompt(
      [Int](repeating: 0, count: imageTokens) + text, images: features, imageRows: Array(0..<imageTokens),
      for: language)
  }

  private static func noise(_ side: Int) -> RGBImage {
    var generator = SeededGenerator(seed: 0, purpose: "picture")
    return RGBImage(
      width: side, height: side, pixels: (0..<3 * side * side).map { _ in UInt8(truncatingIfNeeded: generator.next()) })
  }
}
