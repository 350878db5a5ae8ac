import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Mapping

/// Weights in few bits against what the libraries that wrote them make of them: fixtures/oracle/make_quantized.py.
@Suite struct QuantizedReaderTests {
  struct Truth: Decodable, Sendable {
    let base: String
    /// SHA-256 of what was quantized, as floats.
    let weights: [String: String]
  }

  static let truth = try! JSONDecoder().decode(
    [String: Truth].self, from: Data(contentsOf: Fixture.url("quantized/dequantized.json")))
  static let names = truth.keys.sorted()

  static func path(_ name: String) -> String { Fixture.url("quantized/\(name)").path }

  @Test(arguments: names) func isWhatTheLibraryMakesOfIt(name: String) throws {
    let truth = Self.truth[name]!
    let base = try MappedCheckpoint.open(Fixture.url("families/\(truth.base)").path)
    let read = try MappedCheckpoint.open(Self.path(name))
    #expect(read.reader.tensors == base.reader.tensors && read.coverage.isExact)
    #expect(read.sourceConfig.firstRange(of: Data("quantization_config".utf8)) == nil)
    for tensor in read.reader.tensors {
      let bytes = try read.reader.withBytes(of: tensor.name) { [UInt8]($0) }
      guard let expected = truth.weights[tensor.name] else {
        #expect(try base.reader.withBytes(of: tensor.name) { [UInt8]($0) } == bytes, "\(tensor.name)")
        continue
      }
      #expect(bytes.withUnsafeBytes { SHA256.hash(of: $0) } == expected, "\(tensor.name)")
    }
    let quantized = try #require(read.quantized)
    #expect(quantized.kinds.values.reduce(0, +) == truth.weights.count)
    #expect(
      read.notices.contains {
        $0.message.hasPrefix("\(truth.weights.count) weights are quantized (\(quantized.method)")
      })
    #expect(read.reader.files.contains { $0.hasSuffix("config.json") })
  }

  /// In pieces of any length it is the same.
  @Test(arguments: names) func piecesMakeTheWhole(name: String) throws {
    let reader = try MappedCheckpoint.open(Self.path(name)).reader
    for name in Self.truth[name]!.weights.keys.sorted().prefix(6) {
      let bytes = try reader.withBytes(of: name) { [UInt8]($0) }
      for length in [1, 37, 64, 1000] {
        var pieces: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: length) {
          var piece = [UInt8](repeating: 0, count: min(length, bytes.count - start))
          try piece.withUnsafeMutableBytes { [count = piece.count] in
            try reader.readBytes(of: name, start..<start + count, into: $0)
          }
          pieces += piece
        }
        #expect(pieces == bytes, "\(name) by \(length)")
      }
    }
  }

  @Test func whatIsLeftOutIsSaid() throws {
    let notices = try MappedCheckpoint.open(Self.path("compressed-int")).notices.map(\.message)
    let said = "not read: 1 input_scale (of activations), 1 input_zero_point (of activations), "
    #expect(
      notices.contains { $0.hasPrefix(said) && $0.contains("1 k_scale (of attention and its cache)") },
      "\(notices)")
    #expect(
      notices.contains {
        $0.contains("14 int8, one scale a channel; ")
          || $0.contains("int8, one scale a tensor with a zero point")
      })
  }

  @Test func settingsOfOneTextModelAndOfOld() throws {
    try CheckpointCase.with(
      "quantized/compressed-int",
      { made in
        let settings = made.config["quantization_config"]!
        made.config["quantization_config"] = nil
        made.config["compression_config"] = [
          "quantization_config": settings, "sparsity_config": ["format": "dense"],
        ]
      }
    ) { folder in
      let read = try MappedCheckpoint.open(folder.path)
      #expect(read.quantized?.kinds.count == 3)
      #expect(read.sourceConfig.firstRange(of: Data("compression_config".utf8)) == nil)
    }
    try CheckpointCase.with(
      "quantized/compressed-int",
      { made in
        made.config["text_config"] = [
          "quantization_config": made.config["quantization_config"]!, "hidden_size": 3,
        ]
      }
    ) { folder in
      let read = try MappedCheckpoint.open(folder.path)
      #expect(
        read.source.at("text_config.hidden_size")?.intValue == 3
          && read.source.at("text_config.quantization_config") == nil)
    }
    let error = try CheckpointCase.with(
      "quantized/compressed-int",
      { made in
        made.config["text_config"] = ["quantization_config": ["quant_method": "awq"]]
      }
    ) { folder in #expect(throws: VLMError.self) { try MappedCheckpoint.open(folder.path) } }
    #expect(error?.code == .configQuantized && error?.description.contains("says twice") == true)
  }

  /// A dense checkpoint has nothing to be read otherwise.
  @Test func dense() throws {
    try CheckpointCase.with(
      "families/vit/transformers",
      { made in
        made.config["quantization_config"] = [
          "quant_method": "compressed-tensors", "format": "dense", "quantization_status": "frozen",
        ]
        made.tensors["pooler.dense.weight_scale"] = .init(dtype: "F32", shape: [1], data: Data([0, 0, 0, 0]))
      }
    ) { folder in
      let read = try MappedCheckpoint.open(folder.path)
      let base = try MappedCheckpoint.open(Fixture.url("families/vit/transformers").path)
      #expect(read.reader.tensors == base.reader.tensors)
      #expect(read.quantized == nil)
      #expect(read.notices.contains { $0.message.contains("1 weight_scale (the weight is in floats)") })
    }
  }

  @Test func convertsWhenItIsToldTo() throws {
    let source = try MappedCheckpoint.open(Self.path("awq"))
    try Fixture.withTemporaryDirectory { directory in
      let output = directory.appending(path: "out").path
      var options = Conversion.Options(output: output)
      let error = #expect(throws: VLMError.self) { try source.convert(to: .hf, options) }
      #expect(error?.code == .conversionQuantized && error?.remedy?.hasPrefix("--dequantize") == true)
      #expect(error?.message.contains("\(source.quantized!.storedByteCount) bytes") == true)
      options.dequantizing = true
      for format in [OutputFormat.hf, .runtime] {
        options.output = output + format.name
        try source.convert(to: format, options)
        let written = try MappedCheckpoint.open(options.output)
        #expect(written.quantized == nil && written.parameters.keys == source.parameters.keys)
        for name in source.parameters.keys.sorted() {
          #expect(
            try written.withBytes(of: name) { [UInt8]($0) } == source.withBytes(of: name) { [UInt8]($0) },
            "\(name)")
        }
        let config = try Data(contentsOf: URL(filePath: options.output).appending(path: "config.json"))
        #expect(config.firstRange(of: Data("quantization".utf8)) == nil)
      }
    }
  }

  @Test func theSummarySaysBoth() throws {
    let summary = CheckpointSummary(try MappedCheckpoint.open(Self.path("gptq-4")))
    let stored = try Checkpoint.open(Self.path("gptq-4")).tensors
    #expect(summary.quantized?.method == "gptq" && summary.quantized?.kinds.count == 1)
    #expect(
      summary.quantized?.bytes == stored.reduce(0) { $0 + $1.byteCount }
        && summary.bytes > summary.quantized!.bytes)
    #expect(
      summary.shards.map(\.bytes) == [summary.quantized!.bytes] && summary.shards[0].tensors == stored.count)
  }

  // MARK: What cannot be read

  struct Fault: Sendable, CustomTestStringConvertible {
    let fixture: String
    let code: VLMError.Code
    let said: String
    /// What the error names.
    let tensor: String?
    let change: @Sendable (inout CheckpointCase) -> Void
    var testDescription: String { "\(fixture): \(said)" }

    init(
      _ fixture: String, _ code: VLMError.Code, _ said: String, tensor: String? = nil,
      _ change: @escaping @Sendable (inout CheckpointCase) -> Void
    ) {
      (self.fixture, self.code, self.said, self.tensor, self.change) = (fixture, code, said, tensor, change)
    }

    /// With other settings.
    static func setting(
      _ fixture: String, _ code: VLMError.Code, _ said: String, _ path: String, _ json: String
    ) -> Fault {
      Fault(fixture, code, said) { made in
        let value = try! JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
        func replaced(_ object: Any, _ keys: ArraySlice<Substring>) -> Any {
          var members = object as? [String: Any] ?? [:]
          members[String(keys.first!)] =
            keys.count == 1 ? value : replaced(members[String(keys.first!)] ?? [:], keys.dropFirst())
          return members
        }
        made.config["quantization_config"] = replaced(
          made.config["quantization_config"]!, path.split(separator: ".")[...])
      }
    }

    /// Without a tensor, or with another in its place.
    static func tensor(
      _ fixture: String, _ said: String, _ name: String, named: String? = nil, _ dtype: String = "",
      _ shape: [Int]? = nil,
      _ byte: UInt8 = 1
    ) -> Fault {
      Fault(fixture, .quantizedMalformed, said, tensor: named ?? name) {
        $0.tensors[name] = shape.map { QuantizedReaderTests.tensor(dtype, $0, byte) }
      }
    }
  }

  static func tensor(_ dtype: String, _ shape: [Int], _ byte: UInt8 = 1) -> CheckpointCase.Tensor {
    let size = ["I32": 4, "F32": 4, "I64": 8, "I8": 1, "U8": 1, "F16": 2, "BF16": 2, "F8_E4M3": 1][dtype]!
    return .init(dtype: dtype, shape: shape, data: Data(repeating: byte, count: shape.reduce(size, *)))
  }

  static let first = "encoder.layer.0.attention.attention.key"
  static let text = "text_model.encoder.layers.0.self_attn.k_proj"

  static let faults: [Fault] = [
    .setting(
      "compressed-int", .quantizedUnsupported,
      "quantized by hqq; read are those of compressed-tensors, fp8, awq", "quant_method", #""hqq""#),
    .setting(
      "compressed-int", .quantizedUnsupported, "format is marlin-24; read are int-quantized", "format",
      #""marlin-24""#),
    .setting(
      "compressed-int", .quantizedUnsupported, "quantization_status is frozen", "quantization_status",
      #""frozen""#),
    .setting(
      "compressed-int", .quantizedUnsupported, "the weights are sparse", "sparsity_config",
      #"{"format": "sparse-24-bitmask"}"#),
    .setting(
      "compressed-int", .quantizedUnsupported, "are rotated", "transform_config",
      #"{"config_groups": {"R1": {"type": "hadamard"}}}"#),
    .setting(
      "compressed-int", .quantizedUnsupported, "sets something_new to 3, which is not known here",
      "something_new", "3"),
    .setting(
      "compressed-int", .quantizedUnsupported, "group_0 is the name of a scheme", "config_groups.group_0",
      #"["Linear"]"#),
    .setting("compressed-int", .quantizedMalformed, "has no config_groups", "config_groups", "{}"),
    .setting(
      "compressed-int", .quantizedMalformed, "num_bits is 9", "config_groups.group_0.weights.num_bits", "9"),
    .setting(
      "compressed-int", .quantizedMalformed, "type is complex", "config_groups.group_0.weights.type",
      #""complex""#),
    .setting(
      "compressed-int", .quantizedUnsupported, "strategy is diagonal",
      "config_groups.group_0.weights.strategy", #""diagonal""#),
    .setting(
      "compressed-int", .quantizedUnsupported, "sets bias to 3", "config_groups.group_0.weights.bias", "3"),
    .setting(
      "compressed-int", .quantizedMalformed, "groups of 24 do not divide",
      "config_groups.group_1.weights.group_size", "24"),
    .setting(
      "compressed-int", .quantizedMalformed, "which is no expression", "config_groups.group_1.targets",
      #"["re:("]"#),
    .setting(
      "compressed-int", .quantizedUnsupported, "may take very long", "config_groups.group_1.targets",
      #"["re:(a+)+x"]"#),
    .setting(
      "compressed-float", .quantizedUnsupported, "floats of 4 bits", "config_groups.group_0.weights.num_bits",
      "4"),
    .setting(
      "compressed-float", .quantizedMalformed, "blocks of no size",
      "config_groups.group_1.weights.block_structure", "null"),
    .setting(
      "compressed-pack", .quantizedMalformed, "and should be", "config_groups.group_0.weights.num_bits", "5"),
    .setting(
      "compressed-pack", .quantizedMalformed, "and the format is int-quantized", "format", #""int-quantized""#
    ),
    .setting("fp8-blocks", .quantizedUnsupported, "fmt is e5m2", "fmt", #""e5m2""#),
    .setting("fp8-blocks", .quantizedMalformed, "and should be", "weight_block_size", "[32, 8]"),
    .setting("fp8-blocks", .quantizedMalformed, "weight_block_size is", "weight_block_size", "[0, 8]"),
    .setting(
      "fp8-blocks", .quantizedMalformed, "weight_block_size says no blocks", "weight_block_size", "null"),
    .setting("awq", .quantizedUnsupported, "version is gemv", "version", #""gemv""#),
    .setting("awq", .quantizedUnsupported, "bits is 3", "bits", "3"),
    .setting("awq", .quantizedMalformed, "and should be", "group_size", "8"),
    .setting("awq", .quantizedMalformed, "groups of 24 do not divide", "group_size", "24"),
    .setting("gptq-4", .quantizedUnsupported, "bits is 3", "bits", "3"),
    .setting("gptq-4", .quantizedMalformed, "and should be", "bits", "8"),
    .setting("gptq-4", .quantizedUnsupported, "in the order of marlin", "checkpoint_format", #""marlin""#),
    .setting("gptq-4", .quantizedUnsupported, "pack_dtype is int16", "pack_dtype", #""int16""#),
    .setting("bitsandbytes-8", .quantizedUnsupported, "sets load_in_2bit to true", "load_in_2bit", "true"),
    .tensor(
      "compressed-int", "has no weight_scale beside its weight_zero_point",
      "encoder.layer.0.output.dense.weight_scale", named: "encoder.layer.0.output.dense"),
    .tensor(
      "compressed-int", "has no weight_zero_point", "encoder.layer.0.output.dense.weight_zero_point",
      named: "encoder.layer.0.output.dense.weight_scale"),
    .tensor("compressed-int", "is F32 and should be I8", "\(first).weight", "F32", [32, 32]),
    .tensor("compressed-int", "is [31, 1] and should be [32, 1]", "\(first).weight_scale", "BF16", [31, 1]),
    .tensor(
      "compressed-int", "is U8 and should be F16 or BF16 or F32", "\(first).weight_scale", "U8", [32, 1]),
    .tensor("compressed-pack", "has no weight_shape", "\(first).weight_shape", named: first),
    .tensor(
      "compressed-pack", "no matrix", "\(first).weight_shape", named: "\(first).weight_packed", "I64", [2],
      0x7F),
    .tensor("compressed-pack", "no few integers", "\(first).weight_shape", "I64", [20]),
    .tensor(
      "compressed-order", "more than 8 columns are of group 0", "\(first).weight_g_idx", "I32", [32], 0),
    .tensor("compressed-order", "and should be [32]", "\(first).weight_g_idx", "I32", [31], 0),
    .tensor(
      "compressed-int", "comes out as NaN", "\(first).weight_scale", named: "\(first).weight", "BF16",
      [32, 1], 0xFF),
    .tensor("fp8-tensor", "comes out as NaN", "\(first).weight", "F8_E4M3", [32, 32], 0x7F),
    .tensor("fp8-blocks", "has no weight beside its weight_scale_inv", "\(first).weight", named: first),
    .tensor("awq", "has no qzeros beside its qweight", "\(text).qzeros", named: text),
    .tensor("awq", "has no qweight", "\(text).qweight", named: text),
    .tensor("awq", "is I64", "\(text).qweight", "I64", [32, 4]),
    .tensor("gptq-4", "a column is of group 16843009, and there are 2", "\(text).g_idx", "I32", [32]),
    .tensor("gptq-4", "is F32", "\(text).qzeros", "F32", [2, 4]),
    .tensor("gptq-4", "comes out as", "\(text).scales", named: "\(text).weight", "F16", [2, 32], 0x7C),
    .tensor("bitsandbytes-8", "has no SCB beside its weight_format", "\(first).SCB", named: first),
    .tensor("bitsandbytes-8", "no matrix of I8", "\(first).weight", "U8", [32, 32]),
    .tensor("bitsandbytes-nf4", "has no weight.absmax", "\(first).weight.absmax", named: first),
    .tensor("bitsandbytes-nf4", "is [15] and should be [16]", "\(first).weight.absmax", "U8", [15]),
    .tensor("bitsandbytes-nf4", "has 511 bytes, and 1024 codes", "\(first).weight", "U8", [511, 1]),
    .tensor(
      "bitsandbytes-nf4", "has no quant_state", "\(first).weight.quant_state.bitsandbytes__nf4", named: first),
    Fault("bitsandbytes-nf4", .quantizedMalformed, "has no shape, dtype and blocksize") {
      $0.tensors["\(first).weight.quant_state.bitsandbytes__nf4"] = .init(
        dtype: "U8", shape: [2], data: Data("{}".utf8))
    },
    Fault("bitsandbytes-nf4", .quantizedMalformed, "not valid JSON") {
      $0.tensors["\(first).weight.quant_state.bitsandbytes__nf4"] = .init(
        dtype: "U8", shape: [2], data: Data("{{".utf8))
    },
    Fault("awq", .quantizedMalformed, "is there in floats and in codes", tensor: "\(text).weight") {
      $0.tensors["\(text).weight"] = tensor("F16", [32, 32])
    },
    Fault("compressed-int", .configQuantized, "is F8_E4M3 without scales", tensor: "\(first).weight") {
      made in
      made.tensors["\(first).weight"] = tensor("F8_E4M3", [32, 32])
      made.tensors["\(first).weight_scale"] = nil
    },
    Fault("compressed-int", .configQuantized, "is I8 without scales", tensor: "\(first).weight") {
      $0.tensors["\(first).weight_scale"] = nil
    },
    Fault("bitsandbytes-8", .configQuantized, "is I8 without scales", tensor: "\(first).weight") { made in
      for part in ["SCB", "weight_format"] { made.tensors["\(first).\(part)"] = nil }
    },
  ]

  @Test(arguments: faults) func faultsAreNamed(fault: Fault) throws {
    try CheckpointCase.with("quantized/\(fault.fixture)", { fault.change(&$0) }) { folder in
      let error = #expect(throws: VLMError.self) {
        let reader = try MappedCheckpoint.open(folder.path).reader
        for tensor in reader.tensors { try reader.withBytes(of: tensor.name) { _ = $0.first } }
      }
      #expect(
        error?.code == fault.code && error?.description.contains(fault.said) == true,
        "\(error?.description ?? "")")
      #expect(
        error?.file?.hasPrefix(folder.path) == true
          && (error?.remedy != nil || fault.said == "not valid JSON"))
      if let tensor = fault.tensor { #expect(error?.tensor == tensor, "\(error?.description ?? "")") }
    }
  }
}
