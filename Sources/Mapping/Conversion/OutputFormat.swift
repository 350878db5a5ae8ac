package import Checkpoints
package import Foundation
package import Tensors

/// A layout that checkpoints are written in: whose tensor names, in which container, with which files beside them.
///
/// To add one: a `CheckpointWriter` in its container's folder, a value here, and `library` in the family files whose names it
/// has. Choices, help and completion of `convert --to` come from `all`.
public struct OutputFormat: Sendable {
  /// A file beside the weights that is made from the plan.
  package typealias MadeFile = (name: String, text: Data)

  /// What `--to` takes, and summaries and manifests say.
  public let name: String
  /// One line for `--help`.
  public let summary: String
  /// The `library` of the family files whose names it has, and what people call it; `nil` for the runtime's own names.
  package let library: (name: String, title: String)?
  /// Whether the user can choose among the library's dialects.
  package let takesDialect: Bool
  /// Whether the tokenizer and processor files of transformers go along.
  package let copiesCompanions: Bool
  /// What stands before the library's names of a component.
  package let prefix: @Sendable (ModelComponent) -> String
  /// Families that its container has no way to say, and why.
  package var unsayable: [String: String] = [:]
  /// The component that a checkpoint must have to be written so.
  package let needs: ModelComponent?
  package let madeFiles: @Sendable (ConversionPlan) -> [MadeFile]
  /// What becomes of an entry that its container holds in another way.
  package let stored: @Sendable (ConversionEntry) -> ConversionEntry
  package let writer: @Sendable (ConversionPlan, Conversion.Options) throws(VLMError) -> any CheckpointWriter

  package init(
    name: String, summary: String, library: (name: String, title: String)?, takesDialect: Bool,
    copiesCompanions: Bool, prefix: @escaping @Sendable (ModelComponent) -> String = { _ in "" },
    needs: ModelComponent? = nil, madeFiles: @escaping @Sendable (ConversionPlan) -> [MadeFile],
    stored: @escaping @Sendable (ConversionEntry) -> ConversionEntry = { $0 },
    writer: @escaping @Sendable (ConversionPlan, Conversion.Options) throws(VLMError) -> any CheckpointWriter
  ) {
    self.name = name
    self.summary = summary
    self.library = library
    self.takesDialect = takesDialect
    self.copiesCompanions = copiesCompanions
    self.prefix = prefix
    self.needs = needs
    self.madeFiles = madeFiles
    self.stored = stored
    self.writer = writer
  }

  /// The first is what `convert` writes when it is not told.
  public static let all = [runtime, hf, keras, gguf, mlx, vlm4vla]

  package var isRuntime: Bool { library == nil }

  /// Whether the names of a dialect are among those that it can be written with.
  package func writes(_ dialect: FamilyFile) -> Bool {
    dialect.library == library?.name && !dialect.isReadOnly
  }
}

extension OutputFormat {
  /// The runtime's own layout.
  public static let runtime = OutputFormat(
    name: "runtime", summary: "the runtime's layout", library: nil, takesDialect: false,
    copiesCompanions: true,
    madeFiles: { [("config.json", ConfigFile.text($0.configuration, source: $0.publicConfig))] },
    writer: { SafetensorsWriter($1) })

  /// Names and layout of transformers.
  public static let hf = OutputFormat(
    name: "hf", summary: "public names", library: (FamilyFile.standardLibrary, "transformers"),
    takesDialect: true,
    copiesCompanions: true, madeFiles: { [("config.json", $0.publicConfig)] },
    writer: { SafetensorsWriter($1) })

  /// A KerasHub preset.
  public static let keras = OutputFormat(
    name: "keras", summary: "a KerasHub preset", library: ("kerashub", "KerasHub"), takesDialect: false,
    copiesCompanions: false,
    madeFiles: { [("metadata.json", presetMetadata($0)), ("config.json", $0.publicConfig)] },
    writer: { KerasWeightsWriter(threads: $1.threads) })

  /// A text model and an image encoder as llama.cpp reads them.
  public static let gguf = {
    var format = llamaCpp
    let gains = "llama.cpp keeps the gains of norms, 1 + weight, which are rounded and would not come back"
    let encoder = "it has no text model; llama.cpp reads image encoders only with the text model that they are for"
    format.unsayable = [
      "paligemma": "llama.cpp has no projector of PaliGemma's kind", "paligemma2": "llama.cpp has no projector of PaliGemma's kind",
      "gemma3": gains, "qwen3_5": gains, "qwen3_5_moe": gains,
      "kosmos2": "llama.cpp has neither Kosmos-2's text model nor its projector",
      "clip": encoder, "siglip": encoder, "siglip2": encoder, "dinov2": encoder, "dinov3": encoder, "vit": encoder, "intern_vit": encoder,
    ]
    return format
  }()

  private static let llamaCpp = OutputFormat(
    name: "gguf", summary: "llama.cpp's files", library: ("gguf", "llama.cpp"), takesDialect: false,
    copiesCompanions: true,
    madeFiles: { _ in [] }, stored: { $0.widenedForGGUF() },
    writer: { (plan, options) throws(VLMError) in
      let metadata = try GGUFMetadata(plan)
      return GGUFWriter(model: metadata.model, projector: metadata.projector, threads: options.threads)
    })

  /// What mlx-vlm loads: its names, convolutions with channels last, transformers' files beside.
  public static let mlx = {
    var format = mlxVLM
    let absent = "mlx-vlm has no class of its own for it"
    let gains = "mlx-vlm keeps the gains of norms, 1 + weight, which are rounded and would not come back"
    format.unsayable = [
      "clip": absent, "siglip2": absent, "dinov3": absent, "vit": absent, "intern_vit": absent, "kosmos2": absent, "openvla": absent, "pi0": absent,
      "smolvla": absent, "qwen3_5": gains, "qwen3_5_moe": gains,
      "siglip": "mlx-vlm's SigLIP is the text tower alone",
      "dinov2": "mlx-vlm wants a mask token, which is no parameter here and would not come back",
    ]
    return format
  }()

  private static let mlxVLM = OutputFormat(
    name: "mlx", summary: "mlx-vlm's names and layout", library: ("mlx", "mlx-vlm"), takesDialect: false,
    copiesCompanions: true, madeFiles: hf.madeFiles,
    writer: { SafetensorsWriter($1, metadata: ["format": "mlx"]) })

  /// The state dict of VLM4VLA's trainer: `model.action_token`, `model.act_head.*` and the VLM under `model.backbone.`, by the names
  /// of transformers.
  public static let vlm4vla = OutputFormat(
    name: "vlm4vla", summary: "a policy's state dict in VLM4VLA's names", library: hf.library,
    takesDialect: true,
    copiesCompanions: true, prefix: { $0 == .policy ? "model." : "model.backbone." }, needs: .policy,
    madeFiles: hf.madeFiles, writer: hf.writer)

  /// What a KerasHub preset says of itself, without the date, so that the same conversion gives the same file.
  private static func presetMetadata(_ plan: ConversionPlan) -> Data {
    let count = plan.tensors.reduce(0) { $0 + $1.descriptor.shape.count }
    return Data(
      """
      {
          "keras_version": "3.15.1",
          "keras_hub_version": "0.32.0",
          "parameter_count": \(count),
          "tasks": []
      }

      """.utf8)
  }
}

extension SafetensorsWriter {
  fileprivate init(_ options: Conversion.Options, metadata: [String: String] = [:]) {
    self.init()
    self.metadata = metadata
    maximumShardByteCount = options.maximumShardByteCount
    threads = options.threads
  }
}
