internal import Datasets
internal import Features
internal import Mapping
internal import Runtime
internal import Tensors

/// What runs over the frames of a probe before anything is fitted, in this order.
struct ProbeEncodings {
  let trained: FeatureCache.Encoding
  /// Random weights like the trained ones.
  let random: FeatureCache.Encoding
  let compared: FeatureCache.Encoding?
  let references: [FeatureCache.Encoding]
  /// The trained model told another task's instruction, and none.
  let told: [FeatureCache.Encoding]

  /// Whether the language model of the checkpoint is probed.
  let speaks: Bool
  /// Of the checkpoint's files, as far as they are run.
  let sha256: String
  let comparedSHA256: String?
  let referenceSHA256: [String]
  /// What will be missing, a sentence each.
  let notes: [String]

  var all: [FeatureCache.Encoding] { [trained, random] + [compared].compactMap(\.self) + references + told }

  init(_ options: ProbeEncoder.Options, _ data: DemonstrationSamples) throws {
    let (checkpoint, second) = (options.checkpoint, options.compare)
    let selection = StageSelection(options.stages)
    let (speaks, silence) = try ProbeEncoder.speech(of: checkpoint, selection, on: data.demonstrations)
    let (secondSpeaks, secondSilence) =
      try second.map { try ProbeEncoder.speech(of: $0, selection, on: data.demonstrations) } ?? (false, nil)
    // Without the flag, random weights stand beside the vision side only.
    let randomSpeaks = speaks && options.randomisesLanguage
    let sha256 = try CheckpointHash.sha256(of: checkpoint, language: speaks)
    let side = options.settings.gridSide
    /// - Parameters:
    ///   - what: decides the features besides the checkpoint.
    ///   - name: the encoder, for people.
    func encoding(
      _ what: String, _ sha256: String, speaks: Bool, _ name: String, isRandom: Bool = false,
      _ model: @escaping () throws -> VisionLanguageModel
    ) -> FeatureCache.Encoding {
      FeatureCache.Encoding(
        key: [sha256, what + (speaks ? ", told" : ""), "grid \(side)"]
          + (options.stages.isEmpty ? [] : ["stages \(options.stages.sorted())"]),
        label: "\(name), \(data.demonstrations.frameCount) frames of \(ProbeEncoder.shortName(options.data))", name: name,
        frames: data.decoded.frames(areTold: speaks), gridSide: side
      ) {
        try PooledModel(try model(), finer: isRandom ? { _ in [] } : StageSelection.exits(of:)) { points in
          try isRandom ? selection.common(to: points) : selection.chosen(of: points, in: checkpoint.path)
        }
      }
    }
    let name = ProbeEncoder.shortName(checkpoint.path)
    trained = encoding("checkpoint \(options.precision.rawValue)", sha256, speaks: speaks, name) {
      try VisionLanguageModel(checkpoint, precision: options.precision, sides: ProbeEncoder.sides(speaks))
    }
    random = encoding(options.randomRole, sha256, speaks: randomSpeaks, "random weights like \(name)", isRandom: true) {
      try options.randomTwin(speaks: randomSpeaks)
    }
    let secondSHA256 = try second.map { try CheckpointHash.sha256(of: $0, language: secondSpeaks) }
    compared = second.map { second in
      encoding(
        "checkpoint \(options.comparePrecision.rawValue)", secondSHA256!, speaks: secondSpeaks, ProbeEncoder.shortName(second.path)
      ) {
        try VisionLanguageModel(
          second, precision: options.comparePrecision, sides: ProbeEncoder.sides(secondSpeaks))
      }
    }
    references = try options.references.map { try ProbeEncoder.exits(of: $0, speaks: false, data, options) }
    referenceSHA256 = try options.references.map { try CheckpointHash.sha256(of: $0, language: false) }
    let noInstructions = Self.noInstructions(options, data.demonstrations, speaks)
    told =
      try options.contrastsInstructions && noInstructions == nil
      ? [InstructionContrast.Told.wrong, .none].map {
        try ProbeEncoder.exits(of: checkpoint, speaks: true, told: $0, data, options)
      } : []
    (self.speaks, self.sha256, comparedSHA256) = (speaks, sha256, secondSHA256)
    notes = [
      silence, secondSilence,
      options.randomisesLanguage && !speaks
        ? "Random weights stand beside the vision side only: the language model is not probed." : nil,
      noInstructions,
    ].compactMap(\.self)
  }

  /// Why other instructions cannot be tried where that is asked for.
  private static func noInstructions(
    _ options: ProbeEncoder.Options, _ demonstrations: Demonstrations, _ speaks: Bool
  ) -> String? {
    guard options.contrastsInstructions else { return nil }
    if !speaks { return "Other instructions were not tried: the language model is not probed." }
    return demonstrations.tasks.count > 1
      ? nil : "Other instructions were not tried: there is one task only, and no other to tell."
  }
}

extension ProbeEncoder.Options {
  private var arithmetic: Precision { ProbeEncoder.arithmetic(of: checkpoint, precision) }

  /// What decides the features of `randomTwin`, besides the checkpoint.
  var randomRole: String {
    "random weights \(settings.randomInitSeed)" + (arithmetic == .int8 ? ", int8" : "")
  }

  /// The model as if it had never been trained, in the arithmetic of the checkpoint.
  func randomTwin(speaks: Bool) throws -> VisionLanguageModel {
    try .randomlyInitialised(
      like: checkpoint, seed: settings.randomInitSeed, precision: arithmetic,
      sides: ProbeEncoder.sides(speaks))
  }
}
