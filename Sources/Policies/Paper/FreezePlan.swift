internal import Files
package import Mapping
package import Tensors

/// Which tensors of a VLM a policy's training would change, by the rules of VLM4VLA's code.
///
/// In this order (`_trainable_params_setup` of `base_backbone.py`): the backbone off, or all of it but its last text layers; then the
/// vision tower on or off; then the word embedding on or off; head and query always on. For Qwen the tower is all below `visual.`, its
/// merger too; for the others the projector stays with the rest.
package struct FreezePlan: Sendable, Encodable {
  package struct Settings: Sendable, Equatable, Encodable {
    /// `freeze_backbone`
    package var freezesBackbone = false
    /// `train_decoder_layers`: only so many of the last text layers train; `nil` is all, their -1.
    package var lastLayers: Int?
    /// `train_vision`
    package var trainsVision = true
    /// `train_text_embedding`
    package var trainsEmbeddings = true

    package init() {}
  }

  package enum Part: String, Sendable, CaseIterable, Encodable {
    case vision, merger, projector, language, embeddings, head
    case query = "query and policy head"
  }

  package struct Row: Sendable, Encodable {
    package let part: Part
    package let parameters: Int
    package let trainable: Int
  }

  package let settings: Settings
  package let rows: [Row]
  /// What in the settings does other than it says.
  package let surprises: [String]
  /// Bytes of weights in bf16; of gradients in bf16; of AdamW's f32 copy and two moments, for what is trained.
  package let weightBytes: Int
  package let gradientBytes: Int
  package let optimizerBytes: Int
  /// Of one sample of `tokens` tokens through the language model and its picture through the encoder, both ways.
  package let floatingPointOperations: Double
  package let tokens: Int

  package var parameters: Int { rows.reduce(0) { $0 + $1.parameters } }
  package var trainable: Int { rows.reduce(0) { $0 + $1.trainable } }

  /// - Parameters:
  ///   - chunk: actions that the head predicts at once.
  ///   - tokens: of a prompt with its picture; the authors' Qwen policies have about 280.
  /// - Throws: `runtime.language.missing` where there is no decoder.
  package init(of checkpoint: MappedCheckpoint, _ settings: Settings, chunk: Int = 10, tokens: Int = 280) throws(VLMError) {
    guard let language = checkpoint.configuration.language else {
      throw VLMError(.policyMissing, "the model has no decoder to put a query into", file: checkpoint.path)
    }
    var counts: [Part: (all: Int, trained: Int)] = [:]
    let isQwen = Self.hasMergerInTower(checkpoint)
    // In memory the whole model's word counts, where it says one; a part's own default may say otherwise.
    let isTied = checkpoint.source["tie_word_embeddings"]?.boolValue ?? language.tiedEmbeddings
    for (name, tensor) in checkpoint.parameters {
      guard let part = Self.part(of: name, tied: isTied, isQwen: isQwen) else { continue }
      let trains = Self.trains(name, part, settings, depth: language.depth, isQwen: isQwen)
      counts[part, default: (0, 0)].all += tensor.shape.count
      counts[part, default: (0, 0)].trained += trains ? tensor.shape.count : 0
    }
    let new = FCDecoder.Layout(hidden: language.width, chunk: chunk).parameterCount
    counts[.query] = (new, new)
    let rows = Part.allCases.compactMap { part in
      counts[part].map { Row(part: part, parameters: $0.all, trainable: $0.trained) }
    }
    self.rows = rows
    self.settings = settings
    self.tokens = tokens
    let (all, trained) = rows.reduce((0, 0)) { ($0.0 + $1.parameters, $0.1 + $1.trainable) }
    weightBytes = 2 * all
    gradientBytes = 2 * trained
    optimizerBytes = 12 * trained
    // Two operations a weight and token forward, two for the gradient of what comes before, two for the weight's own.
    let isVisionTrained = settings.trainsVision
    func count(_ parts: [Part]) -> Double { Double(rows.filter { parts.contains($0.part) }.reduce(0) { $0 + $1.parameters }) }
    let (seen, spoken) = (count([.vision, .merger]), count([.projector, .language]))
    // A patch is a quarter of a token: the tower sees four times as many.
    let forward = 2 * (seen * 4 * Double(tokens) + spoken * Double(tokens))
    let backward = 2 * (isVisionTrained ? seen * 4 * Double(tokens) : 0) + 2 * spoken * Double(tokens)
    let own = 2 * Double(tokens) * Double(trained)
    floatingPointOperations = forward + backward + own
    surprises = Self.surprises(settings, isTied: isTied, isQwen: isQwen, hasStoredHead: counts[.head] != nil)
  }

  private static func hasMergerInTower(_ checkpoint: MappedCheckpoint) -> Bool {
    checkpoint.parameters.keys.contains { name in
      name.hasPrefix("projector.")
        && checkpoint.publicNames(of: name).contains { ".\($0)".contains(".visual.") }
    }
  }

  /// `nil` for what is no parameter in memory: a tied head, scales of int8.
  private static func part(of name: String, tied: Bool, isQwen: Bool) -> Part? {
    if name.hasSuffix(".weight_scale") || name.hasPrefix("policy.") { return nil }
    if name.hasPrefix("vision.") { return .vision }
    if name.hasPrefix("projector.") { return isQwen ? .merger : .projector }
    if name == "language.token_embedding.weight" { return .embeddings }
    if name == "language.head.weight" { return tied ? nil : .head }
    return name.hasPrefix("language.") ? .language : nil
  }

  private static func trains(_ name: String, _ part: Part, _ settings: Settings, depth: Int, isQwen: Bool) -> Bool {
    switch part {
    case .vision, .merger: return settings.trainsVision
    case .embeddings: return settings.trainsEmbeddings
    case .query: return true
    case .projector, .language, .head:
      if settings.freezesBackbone { return false }
      guard let last = settings.lastLayers else { return true }
      // Python's [-0:] is the whole list.
      let first = last == 0 ? 0 : max(0, depth - last)
      guard name.hasPrefix("language.blocks."), let index = Int(name.split(separator: ".")[2]) else { return false }
      return index >= first
    }
  }

  private static func surprises(
    _ settings: Settings, isTied: Bool, isQwen: Bool, hasStoredHead: Bool
  ) -> [String] {
    var surprises: [String] = []
    if settings.freezesBackbone, settings.trainsVision || settings.trainsEmbeddings {
      let parts = [settings.trainsVision ? "the vision tower" : nil, settings.trainsEmbeddings ? "the word embedding" : nil]
        .compactMap(\.self).joined(separator: " and ")
      surprises.append("freeze_backbone is true, yet \(parts) trains: train_vision and train_text_embedding are read after it.")
    }
    if settings.lastLayers == 0 {
      surprises.append("train_decoder_layers 0 trains all text layers, for Python's [-0:] is the whole list.")
    }
    if !settings.trainsVision {
      surprises.append(
        isQwen
          ? "The tower is all below `visual.`, so the merger is frozen with it."
          : "The projector is not below the tower's name and trains on.")
    }
    if !settings.trainsEmbeddings, isTied {
      surprises.append("The head over the vocabulary is tied to the word embedding and is frozen with it.")
    }
    if hasStoredHead {
      surprises.append("The head over the vocabulary counts as trainable but gets no gradient: a policy writes no words.")
    }
    return surprises
  }
}
