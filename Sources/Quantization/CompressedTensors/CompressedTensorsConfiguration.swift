package import Mapping
internal import Tensors

/// The `quantization_config` object that compressed-tensors, transformers and vLLM read from `config.json`.
///
/// Only fields that every compressed-tensors since 0.6 knows are written: its parsers refuse unknown ones.
package struct CompressedTensorsConfiguration: Encodable, Sendable {
  /// Arithmetic of weights or of activations.
  struct Arguments: Encodable, Sendable {
    var bits = 8
    var dynamic: Bool
    var groupSize: Int?
    var observer: String?
    var strategy: String

    enum CodingKeys: String, CodingKey {
      case actorder, dynamic, observer, strategy, symmetric, type
      case blockStructure = "block_structure"
      case groupSize = "group_size"
      case bits = "num_bits"
      case observerArguments = "observer_kwargs"
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encodeNil(forKey: .actorder)
      try container.encodeNil(forKey: .blockStructure)
      try container.encode(dynamic, forKey: .dynamic)
      try container.encode(groupSize, forKey: .groupSize)
      try container.encode(bits, forKey: .bits)
      try container.encode(observer, forKey: .observer)
      try container.encode([String: String](), forKey: .observerArguments)
      try container.encode(strategy, forKey: .strategy)
      try container.encode(true, forKey: .symmetric)
      try container.encode("int", forKey: .type)
    }
  }

  /// Modules that share one arithmetic.
  struct Group: Encodable, Sendable {
    var targets: [String]
    var weights: Arguments
    var inputActivations: Arguments?

    enum CodingKeys: String, CodingKey {
      case targets, weights
      case inputActivations = "input_activations"
      case outputActivations = "output_activations"
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(targets, forKey: .targets)
      try container.encode(weights, forKey: .weights)
      try container.encode(inputActivations, forKey: .inputActivations)
      try container.encodeNil(forKey: .outputActivations)
    }
  }

  let groups: [String: Group]
  let format: CompressedTensorsFormat
  let ignore: [String]

  enum CodingKeys: String, CodingKey {
    case format, ignore
    case groups = "config_groups"
    case compressionRatio = "global_compression_ratio"
    case cacheScheme = "kv_cache_scheme"
    case method = "quant_method"
    case status = "quantization_status"
  }

  /// - Parameters:
  ///   - ignore: names of `nn.Linear` modules that were not quantized, in every spelling a loader may use.
  ///   - channelModules: names of modules that fell back from groups to one scale per channel, in every
  ///     spelling.
  package init(
    scheme: any SymmetricScheme, granularity: Granularity, ignore: [String], channelModules: [String] = []
  ) {
    let activations: Arguments? =
      switch scheme.activations {
      case .float: nil
      case .dynamicPerToken: Arguments(dynamic: true, groupSize: nil, observer: nil, strategy: "token")
      case .staticPerLayer: Arguments(dynamic: false, groupSize: nil, observer: "minmax", strategy: "tensor")
      }
    func group(_ targets: [String], _ granularity: Granularity) -> Group {
      let weights = Arguments(
        bits: scheme.bits, dynamic: false, groupSize: granularity.groupSize, observer: "minmax", strategy: granularity.strategy)
      return Group(targets: targets, weights: weights, inputActivations: activations)
    }
    var groups = ["group_0": group(["Linear"], granularity)]
    if !channelModules.isEmpty { groups["group_1"] = group(channelModules, .channel) }
    self.groups = groups
    format = scheme.compressedFormat
    self.ignore = ignore
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(groups, forKey: .groups)
    try container.encode(format.rawValue, forKey: .format)
    try container.encodeNil(forKey: .compressionRatio)
    try container.encode(ignore, forKey: .ignore)
    try container.encodeNil(forKey: .cacheScheme)
    try container.encode("compressed-tensors", forKey: .method)
    try container.encode("compressed", forKey: .status)
  }
}

/// Layouts of the compressed-tensors package for integers.
package enum CompressedTensorsFormat: String, Codable, Sendable {
  /// `weight` I8 `[out, in]`.
  case intQuantized = "int-quantized"
  /// `weight_packed` I32 `[out, ceil(in bits / 32)]` of code + 2^(bits - 1), the first in the lowest bits, and `weight_shape`.
  case packQuantized = "pack-quantized"
}

extension SymmetricScheme {
  /// How compressed-tensors stores it: as integers where products are of integers.
  var compressedFormat: CompressedTensorsFormat {
    switch activations {
    case .dynamicPerToken, .staticPerLayer: .intQuantized
    case .float: .packQuantized
    }
  }
}
