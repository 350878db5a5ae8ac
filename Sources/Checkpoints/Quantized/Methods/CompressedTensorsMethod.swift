internal import Files
internal import Tensors

/// What llm-compressor and `vlmtool quantize --format compressed-tensors` write.
///
/// | format | a layer has |
/// |---|---|
/// | `int-quantized`, `naive-quantized` | `weight` I8 `[out, in]`, `weight_scale`, `weight_zero_point` I8 |
/// | `float-quantized`, `naive-quantized` | `weight` F8_E4M3 `[out, in]`, `weight_scale` |
/// | `pack-quantized` | `weight_packed` I32, rows packed; `weight_scale`, `weight_shape`, `weight_zero_point` I32, columns packed; `weight_g_idx` |
/// | `dense` | `weight` in floats |
///
/// `weight_scale` is `[1]`, `[out, 1]`, `[out, in / group]` or one for each block. The product is rounded to its dtype.
struct CompressedTensorsMethod: QuantizationMethod {
  static let id = "compressed-tensors"

  /// `format`, of layers whose group has none.
  private let format: Format
  private let groups: [CompressedTensorsGroup]

  /// How the codes of a weight stand in the file.
  enum Format: String, CaseIterable {
    case int = "int-quantized"
    case pack = "pack-quantized"
    case float = "float-quantized"
    case naive = "naive-quantized"
    case dense
    /// Groups say it.
    case mixed = "mixed-precision"
  }

  init(_ settings: QuantizationSettings) throws(VLMError) {
    try settings.requireKnown(
      ["config_groups", "format", "quantization_status", "sparsity_config", "transform_config"],
      meaningless: [
        "compression_version", "global_compression_ratio", "ignore", "kv_cache_scheme", "moe_sparsity_config",
        "quant_method", "run_compressed",
        "version", "dequantize", "use_optimized_inference",
      ])
    format = try Self.format(settings) ?? .mixed
    if format != .dense, let status = try settings.word("quantization_status"), status != "compressed" {
      throw settings.unsupported(
        "\(settings.path).quantization_status is \(status), and weights are read that are compressed")
    }
    if let sparsity = try settings.object("sparsity_config"), !sparsity.members.isEmpty,
      try sparsity.word("format") != "dense"
    {
      throw settings.unsupported("the weights are sparse (\(sparsity.path))")
    }
    if let transform = try settings.object("transform_config"),
      !transform.members.values.allSatisfy({ QuantizationSettings.isEmpty($0) })
    {
      throw settings.unsupported(
        "layers' inputs and outputs are rotated (\(transform.path)), which no layer here does")
    }
    var groups: [CompressedTensorsGroup] = []
    if let found = try settings.object("config_groups") {
      for (key, value) in found.members.sorted(by: { $0.key < $1.key }) {
        guard value.objectValue != nil, let group = try found.object(key) else {
          throw settings.unsupported(
            "\(found.path).\(key) is the name of a scheme, and its settings are not there")
        }
        if let group = try CompressedTensorsGroup(group, format: format) { groups.append(group) }
      }
    }
    guard !groups.isEmpty || format == .dense else {
      throw settings.malformed("\(settings.path) has no config_groups with weights")
    }
    self.groups = groups
  }

  /// - Throws: for a format that is not known.
  static func format(_ settings: QuantizationSettings) throws(VLMError) -> Format? {
    guard let word = try settings.word("format") else { return nil }
    guard let format = Format(rawValue: word) else {
      let known = Format.allCases.map(\.rawValue).joined(separator: ", ")
      throw settings.unsupported("\(settings.path).format is \(word.prefix(60)); read are \(known)")
    }
    return format
  }

  var title: String { "\(Self.id), \(format.rawValue)" }

  let parts = [
    "weight", "weight_packed", "weight_scale", "weight_zero_point", "weight_shape", "weight_g_idx",
    "weight_global_scale", "input_scale",
    "input_zero_point", "input_global_scale", "output_scale", "output_zero_point", "q_scale", "k_scale",
    "v_scale", "k_zero_point",
    "v_zero_point",
  ]
  let bareParts: Set<String> = ["weight"]
  var consumed: [String] { ["weight_shape"] + (groups.contains { $0.inputs == .perLayer } ? ["input_scale"] : []) }

  var dropped: [(part: String, reason: String)] {
    // Those of layers whose inputs are rounded by it are read with the layer.
    let read = groups.contains { $0.inputs == .perLayer }
    let activations = [
      "input_zero_point", "input_global_scale", "output_scale", "output_zero_point",
    ] + (read ? [] : ["input_scale"])
    let cache = ["q_scale", "k_scale", "v_scale", "k_zero_point", "v_zero_point"]
    let whole = format == .dense ? ["weight_scale", "weight_zero_point", "weight_g_idx"] : []
    return activations.map { ($0, "of activations") } + cache.map { ($0, "of attention and its cache") }
      + whole.map { ($0, "the weight is in floats") }
  }

  func weight(of module: QuantizedModule) throws(VLMError) -> QuantizedWeight? {
    let others = [
      "weight_packed", "weight_scale", "weight_zero_point", "weight_g_idx", "weight_global_scale",
    ]
    guard let other = others.first(where: { module[$0] != nil }) else { return nil }
    if format == .dense {
      guard let weight = module["weight"], weight.dtype.isFloatingPoint else {
        throw module.malformed("its weight is in no floats, and the format is dense")
      }
      return nil
    }
    if module["weight_global_scale"] != nil {
      throw module.unsupported("has a scale over its scales, as 4-bit floats have", "weight_global_scale")
    }
    guard module["weight_scale"] != nil else {
      throw module.malformed("has no weight_scale beside its \(other)")
    }
    if let group = CompressedTensorsGroup.naming(module.name, groups) { return try group.weight(of: module) }
    // A class of layers is not to be seen from here, nor a layer's name in another library's spelling: what fits is taken.
    var failure: VLMError?
    for candidates in [groups.filter(\.hasClass), groups] {
      var found: (group: CompressedTensorsGroup, weight: QuantizedWeight)?
      for group in candidates {
        do throws(VLMError) {
          let weight = try group.weight(of: module)
          if let found, found.group.arguments != group.arguments {
            throw module.unsupported(
              "may be of \(found.group.path) or of \(group.path), which do not name it")
          }
          found = found ?? (group, weight)
        } catch {
          guard error.code == .quantizedMalformed else { throw error }
          failure = failure ?? error
        }
      }
      if let found { return found.weight }
    }
    throw failure!
  }
}
