internal import Tensors

/// A whole number of a configuration and what it may be.
typealias SizeCheck = (name: String, value: Int, range: ClosedRange<Int>)

extension ClosedRange<Int> {
  static let anyWidth = 1...(1 << 20)
  static let anyCount = 1...(1 << 16)
}

extension ModelConfiguration {
  /// Refuses sizes that no model has, so that nothing downstream overflows or loops for ever, and variants that the
  /// runtime would compute wrongly.
  func validate(file: String) throws(VLMError) {
    func refuse(_ message: String, _ remedy: String? = nil) -> VLMError {
      VLMError(.configValue, message, file: file, remedy: remedy)
    }
    var checks: [SizeCheck] = []
    for (encoder, (name, _)) in zip(encoders, Self.encoderSections) {
      checks += Self.checks(encoder, name)
      guard !encoder.position.isLearned || encoder.imageSize != nil else {
        throw refuse("\(name).imageSize is needed for learned positions")
      }
      guard encoder.heads > 0, encoder.width % encoder.heads == 0 else {
        throw refuse("\(name).width \(encoder.width) does not divide into \(encoder.heads) heads")
      }
    }
    if let projector { checks += Self.checks(projector, depth: vision?.depth ?? 0) }
    if let language { checks += Self.checks(language) }
    if let defect = checks.lazy.compactMap(Self.defect(of:)).first { throw refuse(defect) }
    if let projector, let vision,
      let defect = projector.defect(on: vision, width: encoders.reduce(0) { $0 + $1.width })
    {
      throw refuse(defect)
    }
    guard let language else { return }
    guard language.heads % language.keyValueHeads == 0 else {
      throw refuse(
        "language.heads \(language.heads) does not divide into \(language.keyValueHeads) groups of keys")
    }
    if let sections = language.mropeSections {
      let half = (language.rotaryWidth ?? language.headWidth) / 2
      guard sections.count == 3, sections.allSatisfy({ (0...half).contains($0) }), sections.reduce(0, +) == half
      else {
        throw refuse("language.mropeSections \(sections) do not add up to \(half)")
      }
    }
    if let width = language.rotaryWidth, width % 2 != 0 || !(2...max(language.headWidth, 2)).contains(width) {
      throw refuse("language.rotaryWidth \(width) is no even part of \(language.headWidth)")
    }
    if language.hasLinearBlocks {
      guard let sizes = language.linearAttention else { throw refuse("blocks of linear attention without their sizes") }
      guard sizes.heads % sizes.keyHeads == 0 else {
        throw refuse("language.linearValueHeads \(sizes.heads) does not divide into \(sizes.keyHeads) groups")
      }
    }
    guard language.localRopeTheta == nil || language.slidingWindow != nil else {
      throw refuse("rotary frequencies of sliding blocks are given, but no sliding window")
    }
    if let kind = language.ropeScaling?.kind, !RopeScaling.knownKinds.contains(kind) {
      throw refuse(
        "rotary frequencies stretched by \"\(kind)\" are not known, only by "
          + RopeScaling.knownKinds.joined(separator: ", "),
        "remove rope_scaling from config.json only if the sequences stay as short as the model was first trained on"
      )
    }
  }

  /// What is wrong with a size; `nil` when nothing is.
  static func defect(of check: SizeCheck) -> String? {
    let (name, value, range) = check
    return range.contains(value) ? nil : "\(name) cannot be \(value), only \(range.lowerBound) to \(range.upperBound)"
  }

  private static func checks(_ vision: VisionConfiguration, _ name: String) -> [SizeCheck] {
    [
      ("\(name).depth", vision.depth, 0...4096), ("\(name).width", vision.width, .anyWidth),
      ("\(name).heads", vision.heads, .anyCount), ("\(name).mlpWidth", vision.mlpWidth, .anyWidth),
      ("\(name).channels", vision.channels, 1...256), ("\(name).patchSize", vision.patchSize, 1...4096),
      ("\(name).temporalPatchSize", vision.temporalPatchSize, 1...256),
      (
        "\(name).imageSize", vision.imageSize ?? vision.patchSize,
        vision.patchSize...max(1 << 16, vision.patchSize)
      ),
      ("\(name).windowSize", vision.windowSize ?? 1, .anyCount),
      ("\(name).spatialMergeSize", vision.spatialMergeSize, 1...64),
      ("\(name).fullAttentionBlocks", vision.fullAttentionBlocks.count, 0...4096),
      ("\(name).registers", vision.registers ?? 0, 0...4096),
    ]
  }

  private static func checks(_ projector: ProjectorConfiguration, depth: Int) -> [SizeCheck] {
    let depth = min(max(depth, 1), 4096)
    let deepstack = (projector.deepstackBlocks ?? []).map {
      ("projector.deepstackBlocks", $0, 0...(depth - 1))
    }
    return deepstack + [
      ("projector.outputWidth", projector.outputWidth, .anyWidth),
      ("projector.deepstackBlocks", deepstack.count, 0...64),
      ("projector.featureBlock", projector.featureBlock ?? -1, (-depth)...(depth - 1)),
      ("projector.tileGrids", projector.tileGrids?.count ?? 1, 1...1024),
    ] + (projector.tileGrids ?? []).joined().map { ("projector.tileGrids", $0, .anyCount) }
  }

  private static func checks(_ language: LanguageConfiguration) -> [SizeCheck] {
    [
      ("language.depth", language.depth, 0...4096), ("language.width", language.width, .anyWidth),
      ("language.heads", language.heads, .anyCount),
      ("language.keyValueHeads", language.keyValueHeads, .anyCount),
      ("language.headWidth", language.headWidth, .anyCount),
      ("language.mlpWidth", language.mlpWidth, .anyWidth),
      ("language.vocabularySize", language.vocabularySize, 1...(1 << 26)),
      ("language.firstPosition", language.firstPosition ?? 0, 0...(1 << 16)),
      ("language.imageInsertion", language.imageInsertion ?? 0, 0...(1 << 16)),
      ("language.learnedPositions", language.learnedPositions ?? 1, 1...(1 << 26)),
      ("language.projectionWidth", language.projectionWidth ?? 1, .anyWidth),
      ("language.slidingWindow", language.slidingWindow ?? 1, 1...(1 << 30)),
      ("language.blockKinds", language.blockKinds?.count ?? 0, 0...4096),
      ("language.linearKeyHeads", language.linearKeyHeads ?? 1, .anyCount),
      ("language.linearValueHeads", language.linearValueHeads ?? 1, .anyCount),
      ("language.linearKeyWidth", language.linearKeyWidth ?? 1, .anyCount),
      ("language.linearValueWidth", language.linearValueWidth ?? 1, .anyCount),
      ("language.linearTaps", language.linearTaps ?? 2, 2...64),
      ("language.experts", language.experts ?? 1, 1...4096),
      ("language.expertsPerToken", language.expertsPerToken ?? 1, 1...max(language.experts ?? 1, 1)),
      ("language.expertWidth", language.expertWidth ?? 1, .anyWidth),
      ("language.sharedExpertWidth", language.sharedExpertWidth ?? 1, .anyWidth),
      ("language.expertStep", language.expertStep ?? 1, 1...4096),
    ]
  }
}
