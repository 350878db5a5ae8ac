internal import Mapping
internal import Tensors

/// Runs a checkpoint on the inputs of a reference.
struct ReferenceRun {
  let checkpoint: MappedCheckpoint
  let file: ReferenceFile
  let precision: Precision

  /// Which taps are asked for.
  struct Wanted {
    /// `nil` for all that the inputs allow.
    var names: Set<String>?
    /// Components that it is limited to; empty for all.
    var only: Set<ModelComponent> = []

    func contains(_ name: String) -> Bool {
      (names?.contains(name) ?? true) && contains(Verification.component(of: name))
    }

    fileprivate func contains(_ component: ModelComponent) -> Bool {
      only.isEmpty || only.contains(component)
    }
  }

  /// The language side after its run, for whoever goes on with it.
  struct Language {
    let side: LanguageVerification
    let images: [ImageFeatures]
  }

  /// Hands out the activations at every tap wanted, in the order of the forward pass: parts of one tap, one an input. A
  /// side of the model that nobody wants a tap of is not loaded.
  @discardableResult
  func callAsFunction(
    _ wanted: Wanted, _ take: (String, [FloatTensor]) throws -> Void
  ) throws -> Language? {
    let isLanguageWanted =
      wanted.names.map { $0.contains { Verification.component(of: $0) == .language } }
      ?? (file.shape(of: "input.input_ids") != nil && checkpoint.configuration.contrastive == nil)
    let speaks =
      isLanguageWanted && wanted.contains(.language) && checkpoint.configuration.language != nil
      && checkpoint.configuration.contrastive == nil
    let images = try runVision(wanted, wantsFeatures: isLanguageWanted && wanted.contains(.language), take)
    guard speaks else { return nil }
    let side = try LanguageVerification(checkpoint, precision: precision)
    let stages = side.model.stages.filter { wanted.contains($0.name) }
    let activations = try side.run(file, images: images, taps: Set(stages))
    for stage in stages { try take(stage.name, activations[stage].map(\.values)) }
    return Language(side: side, images: images)
  }

  /// Runs the vision side; returns what the language side needs of it.
  private func runVision(
    _ wanted: Wanted, wantsFeatures: Bool, _ take: (String, [FloatTensor]) throws -> Void
  ) throws -> [ImageFeatures] {
    guard file.shape(of: "input.pixel_values") != nil || wanted.names != nil else { return [] }
    let isAsked =
      wanted.names.map { $0.contains { Stage(name: $0).map { $0.part != .language } ?? false && wanted.contains($0) } }
      ?? (wanted.contains(.vision) || wanted.contains(.projector))
    let hasImages = file.shape(of: "input.pixel_values") != nil
    guard isAsked || (wantsFeatures && hasImages) else { return [] }
    let model = try VisionModel(checkpoint, precision: precision)
    let stages = model.stages.filter { wanted.contains($0.name) }
    let features = wantsFeatures ? model.featureStages : []
    let activations = try model.run(file.images(for: model), taps: Set(stages + features))
    for stage in stages { try take(stage.name, activations[stage].map(\.values)) }
    return wantsFeatures ? model.features(activations) : []
  }
}
