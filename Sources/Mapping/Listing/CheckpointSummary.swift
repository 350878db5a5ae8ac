internal import Checkpoints
internal import Files
internal import Foundation
package import Tensors

/// What is in a checkpoint, from headers alone: what `vlmtool inspect` prints.
///
/// Encodes as JSON with these field names.
public struct CheckpointSummary: Codable, Sendable {
  /// Tensors of one part of the model.
  public struct Component: Codable, Sendable, Equatable {
    /// The part.
    public let component: ModelComponent
    /// Number of tensors.
    public let tensors: Int
    /// Elements; scales of int8 codes are not counted.
    public let parameters: Int
    /// Bytes of tensor data.
    public let bytes: Int
    /// Elements by dtype.
    public let dtypes: [String: Int]
  }

  /// One of the files.
  public struct Shard: Codable, Sendable, Equatable {
    /// A bare name.
    public let file: String
    /// Number of tensors.
    public let tensors: Int
    /// Bytes of tensor data.
    public let bytes: Int
  }

  /// The sizes that image preprocessing leads to.
  public struct ImageInput: Codable, Sendable, Equatable {
    /// Side of a patch in pixels.
    public let patchSize: Int
    /// Side of the native image in pixels, where positions are learned.
    public let imageSize: Int?
    /// Tokens of a native image that reach the language model or the pooling.
    public let tokens: Int?
    /// Bounds on an image's area, from the processor's settings.
    public let minimumPixels: Int?
    /// As `minimumPixels`.
    public let maximumPixels: Int?
  }

  /// Weights that another library keeps in few bits. All other figures are of the floats that they are read as.
  public struct Quantized: Codable, Sendable, Equatable {
    /// Tensors that are kept alike.
    public struct Kind: Codable, Sendable, Equatable {
      /// In a few words: `int4, one scale a group of 128`.
      public let kind: String
      /// Their number.
      public let tensors: Int
    }

    /// `quant_method`, and a format where it has several.
    public let method: String
    /// The most frequent first.
    public let kinds: [Kind]
    /// Bytes of all tensors in the files, scales and plain tensors too.
    public let bytes: Int

    init(_ reader: QuantizedReader) {
      method = reader.method
      kinds = reader.kinds.map { Kind(kind: $0, tensors: $1) }.sorted {
        ($1.tensors, $0.kind) < ($0.tensors, $1.kind)
      }
      bytes = reader.storedByteCount
    }
  }

  /// As it was given, `hf://` resolved.
  public let path: String
  /// `public` or `runtime`.
  public let layout: String
  /// Identifier of the family, such as `qwen2_5_vl`.
  public let family: String
  /// Whose tensor names they are, such as `transformers-5`.
  public let dialect: String
  /// `architectures` of the source's `config.json`, or its `model_type`, or the policy that it is of.
  public let modelClass: String
  /// Elements; scales of int8 codes are not counted.
  public let parameters: Int
  /// Bytes of tensor data.
  public let bytes: Int
  /// Number of tensors.
  public let tensors: Int
  /// In the order of a forward pass.
  public let components: [Component]
  /// Elements by dtype, of all tensors.
  public let dtypes: [String: Int]
  /// Whether the head is the token embedding; absent without a head.
  public let tiedEmbeddings: Bool?
  /// Whether a head is stored although `config.json` ties it; the stored one is used.
  public let hasCopyOfTiedHead: Bool
  package let quantization: QuantizationConfiguration?
  /// Absent where weights are kept as floats, or as this tool's own int8.
  public let quantized: Quantized?
  /// In order of name, as they are on the disk.
  public let shards: [Shard]
  /// Absent without a vision encoder.
  public let image: ImageInput?
  package let configuration: ModelConfiguration
  /// Whether every tensor has its place.
  public let isCoverageExact: Bool
  /// As in `Coverage`.
  public let ignored: [Coverage.Ignored]
  /// As in `Coverage`.
  public let unclaimed: [Coverage.Defect]
  /// As in `Coverage`.
  public let missing: [Coverage.Defect]
  /// As in `Coverage`.
  public let mismatches: [Coverage.Defect]
  /// Tensors that the user asked to leave out; none of the figures has them.
  public let leftOut: [Coverage.Ignored]

  /// Sums up a checkpoint, whose coverage need not be exact.
  public init(_ checkpoint: MappedCheckpoint) {
    let reader = checkpoint.reader
    let configuration = checkpoint.configuration
    let coverage = checkpoint.coverage
    path = checkpoint.path
    layout = checkpoint.isRuntime ? "runtime" : "public"
    family = configuration.family
    dialect = configuration.dialect
    modelClass = Self.modelClass(checkpoint.source)
    components = Self.components(checkpoint)
    parameters = components.reduce(0) { $0 + $1.parameters }
    bytes = reader.tensors.reduce(0) { $0 + $1.byteCount }
    tensors = reader.tensors.count
    dtypes = components.reduce(into: [:]) { $0.merge($1.dtypes, uniquingKeysWith: +) }
    tiedEmbeddings = configuration.language.flatMap { $0.hasHead ? $0.tiedEmbeddings : nil }
    hasCopyOfTiedHead = tiedEmbeddings == true && checkpoint.parameters["language.head.weight"] != nil
    quantization = configuration.quantization
    quantized = checkpoint.quantized.map { Quantized($0) }
    let files = checkpoint.quantized?.stored ?? reader
    shards = Dictionary(grouping: files.tensors) {
      URL(filePath: files.file(of: $0.name)).lastPathComponent
    }
    .map { Shard(file: $0, tensors: $1.count, bytes: $1.reduce(0) { $0 + $1.byteCount }) }
    .sorted { $0.file < $1.file }
    // Settings that are no JSON are said among the notices.
    let settings = try? checkpoint.processor.get().settings
    image = configuration.vision.map { Self.image($0, settings) }
    self.configuration = configuration
    isCoverageExact = coverage.isExact
    ignored = coverage.ignored
    unclaimed = coverage.unclaimed
    missing = coverage.missing
    mismatches = coverage.mismatches
    leftOut = checkpoint.leftOut
  }

  /// What is wrong first, with the number of the others; `nil` when coverage is exact.
  package var coverageError: VLMError? {
    var coverage = Coverage()
    (coverage.unclaimed, coverage.missing, coverage.mismatches) = (unclaimed, missing, mismatches)
    return coverage.error(file: path)
  }

  private static func modelClass(_ config: JSONValue) -> String {
    let name =
      config["architectures"]?.arrayValue?.first?.stringValue ?? config["model_type"]?.stringValue
      ?? config["class_name"]?.stringValue  // of a KerasHub preset
      ?? config["type"]?.stringValue.map { "policy \($0)" }
      ?? config.at("general.architecture")?.stringValue.map { "\($0) of llama.cpp" }
    return name ?? "unknown"
  }

  private static func components(_ checkpoint: MappedCheckpoint) -> [Component] {
    var owner: [String: ModelComponent] = [:]
    for claim in checkpoint.coverage.claims {
      guard let component = checkpoint.inventory[claim.parameters[0]]?.component else { continue }
      for source in claim.sources { owner[source] = component }
    }
    var found: [ModelComponent: Component] = [:]
    for tensor in checkpoint.reader.tensors {
      let weight = checkpoint.isRuntime ? ScaledCodes.weightName(ofScale: tensor.name) : nil
      let component =
        owner[tensor.name]
        ?? weight.flatMap { checkpoint.inventory[$0]?.component }
        ?? .other
      let before = found[component]
      var dtypes = before?.dtypes ?? [:]
      dtypes[tensor.dtype.rawValue, default: 0] += tensor.shape.count
      found[component] = Component(
        component: component, tensors: (before?.tensors ?? 0) + 1,
        parameters: (before?.parameters ?? 0) + (weight == nil ? tensor.shape.count : 0),
        bytes: (before?.bytes ?? 0) + tensor.byteCount, dtypes: dtypes)
    }
    return ModelComponent.allCases.compactMap { found[$0] }
  }

  private static func image(_ vision: VisionConfiguration, _ settings: JSONValue?) -> ImageInput {
    // Processors of dynamic resolution bound the area; they have spelt the bounds in two ways.
    func area(_ old: String, _ new: String) -> Int? {
      guard vision.imageSize == nil else { return nil }
      return settings?[old]?.intValue ?? settings?.at("size.\(new)")?.intValue
    }
    let merge = vision.spatialMergeSize
    return ImageInput(
      patchSize: vision.patchSize, imageSize: vision.imageSize,
      tokens: vision.nativeGrid.map { ($0 / merge) * ($0 / merge) },
      minimumPixels: area("min_pixels", "shortest_edge"), maximumPixels: area("max_pixels", "longest_edge"))
  }
}
