internal import Checkpoints
internal import Files
internal import Foundation
internal import Tensors

/// The metadata of the two GGUF files that a plan becomes.
///
/// Settings are the family file's `config`, each value under its dotted path; the tokenizer and the figures of the image processor
/// are those of the source's folder. Keys, types and values are those of llama.cpp's own converter.
struct GGUFMetadata {
  let model: GGUFWriter.Metadata
  let projector: GGUFWriter.Metadata

  /// Settings whose numbers are F32 in the files, whether or not they are whole.
  private static let floats: Set<String> = [
    "freq_base", "layer_norm_rms_epsilon", "layer_norm_epsilon", "factor", "image_mean", "image_std",
  ]

  /// - Throws: `mapping.conversion.gguf` when the source's folder lacks what llama.cpp must know, or has what it does not.
  init(_ plan: ConversionPlan) throws(VLMError) {
    let source = plan.source
    let settings = try JSONValue(parsing: plan.publicConfig, file: "the metadata", code: .configSyntax)
    var members = settings.objectValue ?? [:]
    let clip = members.removeValue(forKey: "clip")
    members["general"] = nil
    let architecture = settings.at("general.architecture")?.stringValue ?? ""
    let isOfProjector = { (entry: ConversionEntry) in GGUFWriter.isOfProjector(entry.name) }

    model =
      Self.general(architecture, kind: "model", plan.entries.filter { !isOfProjector($0) }, source)
      + Self.flattened(.object(members))
      + (try GGUFTokenizer(source, rows: settings.at("\(architecture).vocab_size")?.intValue ?? 0).metadata)
      + Self.widened(plan.entries)
    guard let clip else {
      projector = []
      return
    }
    projector =
      Self.general("clip", kind: "mmproj", plan.entries.filter(isOfProjector), source)
      + Self.flattened(.object(["clip": clip])) + (try Self.pictures(source, projector: clip["projector_type"]?.stringValue))
  }

  private static func general(
    _ architecture: String, kind: String, _ entries: [ConversionEntry], _ source: MappedCheckpoint
  ) -> GGUFWriter.Metadata {
    [
      ("general.architecture", .text(architecture)), ("general.type", .text(kind)),
      ("general.name", .text(URL(filePath: source.directory).standardizedFileURL.lastPathComponent)),
      ("general.file_type", .unsigned(fileType(entries))), ("general.quantization_version", .unsigned(2)),
    ]
  }

  /// ggml's number for what the file's weights are in, most of those that are as they were.
  private static func fileType(_ entries: [ConversionEntry]) -> UInt64 {
    let tensors = entries.filter { $0.widenedFrom == nil }.flatMap(\.tensors)
    let bytes = tensors.reduce(into: [String: Int]()) {
      $0[$1.ggmlTypeName, default: 0] += $1.descriptor.byteCount
    }
    for (blocks, number) in [("Q8_0", 7), ("Q4_0", 2)] where bytes[blocks] != nil { return UInt64(number) }
    let largest = bytes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    return ["F16": 1, "BF16": 32][largest ?? ""] ?? 0
  }

  /// Every value under its dotted path, in order of paths.
  private static func flattened(_ value: JSONValue, _ path: String = "") -> GGUFWriter.Metadata {
    guard let members = value.objectValue else {
      let isFloat = floats.contains(String(path.split(separator: ".").last ?? ""))
      return metadataValue(value, isFloat: isFloat).map { [(path, $0)] } ?? []
    }
    return members.sorted { $0.key < $1.key }.flatMap { key, value in
      flattened(value, path.isEmpty ? key : "\(path).\(key)")
    }
  }

  private static func metadataValue(_ value: JSONValue, isFloat: Bool) -> GGUFValue? {
    switch value {
    case .null, .object: nil
    case .bool(let value): .boolean(value)
    case .string(let value): .text(value)
    case .array(let values):
      // Whole numbers in a list are signed, as Python's are for gguf-py.
      values.isEmpty
        ? nil
        : .array(
          count: values.count,
          first: values.compactMap { value in
            if !isFloat, let number = value.intValue {
              .signed(Int64(number))
            } else {
              metadataValue(value, isFloat: isFloat)
            }
          })
    case .int, .double:
      if !isFloat, let number = value.intValue, number >= 0 {
        .unsigned(UInt64(number))
      } else {
        .float(value.doubleValue ?? 0)
      }
    }
  }

  /// What pixels are made to before the encoder sees them.
  private static func pictures(_ source: MappedCheckpoint, projector: String?) throws(VLMError) -> GGUFWriter.Metadata {
    let settings = try source.processor.get().settings
    let isNormalized = settings?["do_normalize"]?.boolValue != false
    func values(_ key: String, plain: Double) throws(VLMError) -> GGUFValue {
      let found =
        isNormalized ? settings?[key]?.arrayValue?.compactMap(\.doubleValue) ?? [] : [plain, plain, plain]
      guard found.count == 3, found.allSatisfy(\.isFinite) else {
        throw VLMError(
          .conversionGGUF, "\(key) is not known, which llama.cpp must be told", file: source.directory,
          remedy: "put the model's preprocessor_config.json beside its weights")
      }
      return .array(count: 3, first: found.map(GGUFValue.float))
    }
    return [
      ("clip.vision.image_mean", try values("image_mean", plain: 0)),
      ("clip.vision.image_std", try values("image_std", plain: 1)),
    ] + tiles(source.source, settings) + (projector == "idefics3" ? longestEdge(source.configuration.vision, settings) : [])
  }

  /// To which length the longer side of a picture of Idefics3 is brought before it is cut into tiles.
  private static func longestEdge(_ vision: VisionConfiguration?, _ settings: JSONValue?) -> GGUFWriter.Metadata {
    let edge = settings?.at("size.longest_edge")?.intValue ?? vision?.imageSize
    return edge.flatMap { $0 > 0 ? [("clip.vision.preproc_image_size", .unsigned(UInt64($0)))] : nil } ?? []
  }

  /// Into how many tiles a large picture of InternVL is cut at least and at most, where that is said.
  private static func tiles(_ config: JSONValue, _ settings: JSONValue?) -> GGUFWriter.Metadata {
    let isCut = settings?["crop_to_patches"]?.boolValue != false
    return [("min", "min_dynamic_patch", "min_patches"), ("max", "max_dynamic_patch", "max_patches")]
      .compactMap { end, own, other in
        let said = config[own]?.intValue ?? settings?[other]?.intValue.map { isCut ? $0 : 1 }
        return said.flatMap { $0 > 0 ? ("clip.vision.preproc_\(end)_tiles", .unsigned(UInt64($0))) : nil }
      }
  }

  /// Names of what was BF16 or F16 and is F32 now, so that it comes back as it was.
  private static func widened(_ entries: [ConversionEntry]) -> GGUFWriter.Metadata {
    let names = Dictionary(grouping: entries.filter { $0.widenedFrom != nil }) {
      $0.widenedFrom!.rawValue.lowercased()
    }
    return names.sorted { $0.key < $1.key }.map { dtype, entries in
      ("vlmtool.widened.\(dtype)", .array(count: entries.count, first: entries.map { .text($0.name) }))
    }
  }
}

extension ConversionEntry {
  /// What it was in before it was widened for llama.cpp.
  fileprivate var widenedFrom: DType? {
    steps.lazy.compactMap { if case .widened(let dtype) = $0 { dtype } else { nil } }.first
  }

  /// The entry in what llama.cpp wants it to be in.
  func widenedForGGUF() -> ConversionEntry {
    guard let tensor = tensors.first, tensors.count == 1 else { return self }
    let (name, dtype) = (tensor.descriptor.name, tensor.descriptor.dtype)
    guard [.bf16, .f16].contains(dtype),
      GGUFWriter.dtype(of: name, tensor.descriptor.shape, in: dtype) == .f32
    else { return self }
    var entry = self
    entry.tensors = [tensor.widened()]
    entry.steps.append(.widened(dtype))
    return entry
  }
}
