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
      (names?.contains(name) ?? true) && allows(Verification.component(of: name))
    }

    fileprivate func allows(_ component: ModelComponent) -> Bool { only.isEmpty || only.contains(component) }
  }

  /// The language side after its run, for whoever goes on with it.
  struct Spoken {
    let model: LanguageModel
    let prompts: [Prompt]
  }

  /// Hands out the activations at every tap wanted, in the order of the forward pass: parts of one tap, one an input. A
  /// side of the model that nobody wants a tap of is not loaded.
  @discardableResult
  func callAsFunction(_ wanted: Wanted, _ take: (String, [FloatTensor]) throws -> Void) throws -> Spoken? {
    let hasPixels = file.shape(of: ReferenceFile.pixels) != nil
    let speaks = speaks(wanted)
    let looks =
      wanted.names?.contains { wanted.contains($0) && Stage(name: $0).map { $0.part != .language } ?? false }
      ?? (hasPixels && (wanted.allows(.vision) || wanted.allows(.projector)))
    var sides: Set<VisionLanguageModel.Side> = speaks ? [.language] : []
    if looks || (speaks && hasPixels) { sides.insert(.vision) }
    guard !sides.isEmpty else { return nil }
    let model = try VisionLanguageModel(checkpoint, precision: precision, sides: sides)
    let images = sides.contains(.vision) ? try file.images(for: model.sightedModel()) : []
    let stages = model.stages.filter { wanted.contains($0.name) }
    var asked = Set(stages)
    // What is written after the prompts takes no tap, but the prompts.
    if speaks { asked.insert(.language(.embeddings)) }
    var prompts: [Prompt] = []
    let activations = try model.run(images, at: asked) { features in
      prompts = try file.prompts(features, for: model.spokenModel().language)
      return prompts
    }
    for stage in stages { try take(stage.name, activations[stage].map(\.values)) }
    return speaks ? Spoken(model: try model.spokenModel(), prompts: prompts) : nil
  }

  private func speaks(_ wanted: Wanted) -> Bool {
    let configuration = checkpoint.configuration
    guard configuration.language != nil, configuration.contrastive == nil, wanted.allows(.language) else { return false }
    return wanted.names?.contains { Verification.component(of: $0) == .language }
      ?? (file.shape(of: ReferenceFile.tokenIds) != nil)
  }
}

extension ReferenceRun.Spoken {
  /// Tokens written greedily after each prompt, and how many of the recorded ones come before the first that differs.
  func greedy(_ file: ReferenceFile) throws -> (expected: [Int], agreeing: Int) {
    let expected = try file.integers(ReferenceFile.greedy)
    guard file.shape(of: ReferenceFile.greedy)?.dimensions.first == prompts.count else {
      throw VLMError(
        .referenceInput, "is not [\(prompts.count) sequences, tokens]", file: file.path,
        tensor: ReferenceFile.greedy)
    }
    let count = expected.count / prompts.count
    var written: [Int] = []
    for prompt in prompts {
      var generation = try TokenGeneration(model, prompt: prompt, limit: count)
      while let token = try generation.next() { written.append(token) }
    }
    return (expected, zip(written, expected).prefix { $0 == $1 }.count)
  }
}
