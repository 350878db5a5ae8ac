/// The runtime's own description of a model: what `config.json` of a runtime checkpoint holds.
///
/// Every field is resolved from the source's `config.json` by the family's JSON5 file, so the runtime never
/// looks at a family's name to decide what to compute.
package struct ModelConfiguration: Codable, Sendable, Equatable {
  /// Family id, as the file names in `formats/families` spell it, for example `qwen2_5_vl`.
  package var family: String
  /// Tensor-name dialect the source used, for example `transformers-4` or `transformers-5`.
  package var dialect: String
  package var vision: VisionConfiguration?
  /// A second encoder of the same patch grid (OpenVLA); whoever computes looks at `encoders`.
  package var fusedVision: VisionConfiguration?
  package var projector: ProjectorConfiguration?
  package var language: LanguageConfiguration?
  /// Set for dual encoders (CLIP, SigLIP), whose two embeddings are compared.
  package var contrastive: ContrastiveConfiguration?
  /// How pictures and a text become one sequence of tokens.
  package var prompt: PromptConfiguration?
  /// Set for a policy: what it has beside the VLM.
  package var policy: PolicyConfiguration?
  /// Set when linear weights are int8.
  package var quantization: QuantizationConfiguration?

  package init(family: String, dialect: String) {
    self.family = family
    self.dialect = dialect
  }
}

extension ModelConfiguration {
  /// What families and `config.json` call the encoders, and what their parameters' names start with.
  static let encoderSections = [(name: "vision", root: "vision"), (name: "fusedVision", root: "vision.fused")]

  /// What the names of each encoder's parameters start with.
  package static var encoderRoots: [String] { encoderSections.map(\.root) }

  /// The encoders of the patches; tokens of a later one stand behind the first one's in their channels.
  package var encoders: [VisionConfiguration] { [vision, fusedVision].compactMap(\.self) }

  /// The encoder that a parameter belongs to, and what it is called there; `nil` when it is of none.
  package static func encoder(ofParameter name: String) -> (index: Int, rest: Substring)? {
    // Of two roots that fit, `vision` and `vision.fused`, the later is meant.
    encoderRoots.indices.last { name.hasPrefix(encoderRoots[$0] + ".") }.map { index in
      (index, name.dropFirst(encoderRoots[index].count + 1))
    }
  }
}

/// How a dual encoder compares the embeddings of image and text.
package struct ContrastiveConfiguration: Codable, Sendable, Equatable {
  /// `scale * cos + bias` (SigLIP) rather than `scale * cos` (CLIP).
  package var hasLogitBias: Bool

  enum CodingKeys: String, CodingKey, CaseIterable { case hasLogitBias }
}
