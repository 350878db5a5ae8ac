import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Mapping

/// Conversion to llama.cpp's files and from them. The truth is llama.cpp's own converter (`make_gguf_models.py`);
/// `fixtures/oracle/check_gguf.py` has llama.cpp run what is written.
@Suite struct GGUFConversionTests {
  private static let models =
    (try! JSONValue(
      parsing: Data(contentsOf: Fixture.url("containers/gguf/models.json")), file: "models.json",
      code: .configSyntax)).objectValue!
  static let names = models.keys.sorted()

  /// The model that the converter was given, in a folder.
  static func source(_ model: String, in directory: URL) throws -> URL {
    let said = try #require(models[model])
    let folder = directory.appending(path: "source")
    try FileManager.default.copyItem(
      at: Fixture.url(try #require(said["source"]?.stringValue)), to: folder)
    let config = folder.appending(path: "config.json")
    var value = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: config)) as? [String: Any])
    for (section, changes) in said["changes"]?.objectValue ?? [:] {
      var inner = value[section] as? [String: Any] ?? [:]
      for (key, change) in changes.objectValue ?? [:] {
        inner[key] = change.intValue ?? change.arrayValue?.compactMap(\.stringValue)
      }
      value[section] = inner
    }
    try JSONSerialization.data(withJSONObject: value).write(to: config)
    return folder
  }

  private func converted(
    _ source: MappedCheckpoint, to target: OutputFormat, in directory: URL
  ) throws -> MappedCheckpoint {
    let plan = try ConversionPlan(of: source, to: target, catalog: try FamilyCatalog.builtIn())
    _ = try Conversion.run(plan, Conversion.Options(output: directory.path))
    return try MappedCheckpoint.open(directory.path)
  }

  private func hash(_ file: GGUFFile, _ place: Int) throws -> String {
    var bytes = [UInt8](repeating: 0, count: file.tensors[place].byteCount)
    let count = bytes.count
    try bytes.withUnsafeMutableBytes { try file.read(place, 0..<count, into: $0) }
    return bytes.withUnsafeBytes { SHA256.hash(of: $0) }
  }

  /// Every tensor has the type, shape and bytes that llama.cpp's converter gives it, and what it says of the model is said.
  @Test(arguments: names) func filesAreThoseOfTheConverter(model: String) throws {
    try Fixture.withTemporaryDirectory { directory in
      let source = try MappedCheckpoint.open(try Self.source(model, in: directory).path)
      let output = directory.appending(path: "gguf")
      _ = try converted(source, to: .gguf, in: output)
      let said = try #require(Self.models[model]?["floats"]?.objectValue)
      for (name, wanted) in said {
        let file = try GGUFFile(output.appending(path: name).path)
        let tensors = try #require(wanted["tensors"]?.objectValue)
        #expect(Set(file.tensors.map(\.name)) == Set(tensors.keys), "\(name)")
        for (place, tensor) in file.tensors.enumerated() {
          let answer = try #require(tensors[tensor.name]?.arrayValue)
          #expect(.string(tensor.type) == answer[0], "\(tensor.name)")
          #expect(.array(tensor.shape.dimensions.map(JSONValue.int)) == answer[1], "\(tensor.name)")
          #expect(.string(try hash(file, place)) == answer[2], "\(tensor.name)")
        }
        for (key, value) in try #require(wanted["metadata"]?.objectValue) {
          // The converter writes the text model's width here, which nothing reads.
          if key == "clip.vision.feed_forward_length", model == "qwen2_vl" { continue }
          let own = try #require(file.header.metadata.first { $0.key == key }?.value, "\(key)")
          #expect(Self.equal(own, try #require(value.arrayValue)[1]), "\(key): \(own), not \(value)")
        }
      }
    }
  }

  private static func equal(_ own: GGUFValue, _ wanted: JSONValue) -> Bool {
    switch own {
    case .unsigned(let value): wanted.intValue == Int(value)
    case .signed(let value): wanted.intValue == Int(value)
    case .float(let value):
      wanted.doubleValue == value || wanted.doubleValue.map { Float($0) } == Float(value)
    case .boolean(let value): wanted.boolValue == value
    case .text(let value): wanted.stringValue == value
    case .array(_, let values):
      wanted.arrayValue.map { $0.count == values.count && zip(values, $0).allSatisfy(equal) } ?? false
    }
  }

  /// To llama.cpp and back: every tensor has its bytes still, and the configuration says the same.
  @Test(
    arguments: names.filter { !$0.hasPrefix("internvl") } + ["internvl_qwen3/transformers", "qwen2_vl/transformers-5",
    ])
  func thereAndBack(model: String) throws {
    try Fixture.withTemporaryDirectory { directory in
      let folder =
        Self.models[model] == nil ? Fixture.url("families/\(model)") : try Self.source(model, in: directory)
      let source = try MappedCheckpoint.open(folder.path)
      let gguf = try converted(source, to: .gguf, in: directory.appending(path: "gguf"))
      #expect(gguf.configuration.dialect.hasPrefix("gguf") && gguf.quantized == nil && !gguf.isRuntime)
      #expect(try CheckpointDiff.between(source, gguf).parameters.allSatisfy { $0.likeness == .identical })
      let plan = try ConversionPlan(
        of: gguf, to: .hf, dialect: source.library == "transformers" ? source.configuration.dialect : nil,
        catalog: try FamilyCatalog.builtIn())
      let back = directory.appending(path: "back")
      _ = try Conversion.run(plan, Conversion.Options(output: back.path))
      let result = try MappedCheckpoint.open(back.path)
      let diff = try CheckpointDiff.between(source, result)
      #expect(diff.isSame && diff.parameters.allSatisfy { $0.likeness == .identical })
      #expect(try tensors(source) == tensors(result))
    }
  }

  /// Name, dtype, shape and hash of every tensor.
  private func tensors(_ checkpoint: MappedCheckpoint) throws -> [String: String] {
    let reader = checkpoint.reader
    return try Dictionary(
      uniqueKeysWithValues: reader.tensors.map { tensor in
        (
          tensor.name,
          "\(tensor.dtype) \(tensor.shape) \(try reader.withBytes(of: tensor.name) { SHA256.hash(of: $0) })"
        )
      })
  }

  /// A window, and RMSNorm in an InternViT that is not the large one.
  @Test(arguments: [
    ("qwen2_5_vl/transformers-4", "vision.windowSize is 56"), ("internvl_qwen2/transformers", "vision.norm is \"rmsNorm\""),
  ])
  func whatLlamaCppDoesNotAskIsRefused(model: String, field: String) throws {
    try Fixture.withTemporaryDirectory { directory in
      let source = try MappedCheckpoint.open(Fixture.url("families/\(model)").path)
      let error = #expect(throws: VLMError.self) {
        try converted(source, to: .gguf, in: directory.appending(path: "gguf"))
      }
      #expect(error?.code == .conversionDialect && error?.message.contains(field) == true)
    }
  }

  @Test(arguments: ["paligemma/transformers-4", "gemma3/transformers-4", "qwen3_5/transformers", "kosmos2/transformers", "siglip/transformers-5"])
  func whatItCannotSayIsRefusedWithTheReason(model: String) throws {
    try Fixture.withTemporaryDirectory { directory in
      let source = try MappedCheckpoint.open(Fixture.url("families/\(model)").path)
      let error = #expect(throws: VLMError.self) {
        try converted(source, to: .gguf, in: directory.appending(path: "gguf"))
      }
      #expect(
        error?.code == .conversionDialect && error?.message.contains("llama.cpp") == true,
        "\(error?.message ?? "")")
    }
  }

  /// llama.cpp knows the layout by one name, and that of the other type does not come back.
  @Test(arguments: ["idefics3", "smolvlm"]) func aTypeThatDoesNotComeBackIsSaid(type: String) throws {
    try Fixture.withTemporaryDirectory { directory in
      let folder = try Self.source("idefics3", in: directory)
      let config = folder.appending(path: "config.json")
      let text = try String(contentsOf: config, encoding: .utf8).replacing(/"model_type"\s*:\s*"idefics3"/, with: "\"model_type\": \"\(type)\"")
      try text.write(to: config, atomically: true, encoding: .utf8)
      let plan = try ConversionPlan(of: .open(folder.path), to: .gguf, catalog: .builtIn())
      #expect(
        plan.notes.filter { $0.contains("model_type") }
          == (type == "idefics3" ? [] : [#"gguf has no word for model_type "smolvlm": in transformers' layout again it is "idefics3""#]))
    }
  }

  @Test func picturesMustBeKnown() throws {
    try Fixture.withTemporaryDirectory { directory in
      let folder = try Self.source("qwen2_vl", in: directory)
      try FileManager.default.removeItem(at: folder.appending(path: "preprocessor_config.json"))
      let source = try MappedCheckpoint.open(folder.path)
      let error = #expect(throws: VLMError.self) {
        try converted(source, to: .gguf, in: directory.appending(path: "gguf"))
      }
      #expect(error?.code == .conversionGGUF && error?.message.contains("image_mean") == true)
    }
  }

  /// What was widened from BF16 and holds something else now would not come back as it is.
  @Test func whatAnotherProgramChangedIsNotRounded() throws {
    try Fixture.withTemporaryDirectory { directory in
      let source = try MappedCheckpoint.open(try Self.source("qwen2_vl", in: directory).path)
      let output = directory.appending(path: "gguf")
      _ = try converted(source, to: .gguf, in: output)
      let text = output.appending(path: "model.gguf")
      let file = try GGUFFile(text.path)
      let place = try #require(file.tensors.firstIndex { $0.name == "blk.0.attn_norm.weight" })
      #expect(file.tensors[place].type == "F32")
      var values = [Float](repeating: 0, count: file.tensors[place].byteCount / 4)
      try values.withUnsafeMutableBytes { try file.read(place, 0..<$0.count, into: $0) }
      var data = try Data(contentsOf: text)
      let at = try #require(data.firstRange(of: values.withUnsafeBytes { Data($0) }))
      let changed = values[5].nextUp
      withUnsafeBytes(of: changed) { data.replaceSubrange(at.lowerBound + 20..<at.lowerBound + 24, with: $0) }
      try data.write(to: text)
      let read = try MappedCheckpoint.open(output.path)
      let error = #expect(throws: VLMError.self) { try read.floats("language.blocks.0.norm1.weight") }
      #expect(
        error?.code == .quantizedMalformed && error?.tensor == "blk.0.attn_norm.weight"
          && error?.message.contains("element 5 is \(changed), which no BF16 is") == true, "\(String(describing: error))")
    }
  }

  /// Several image encoders beside a text model, and a part of one, are refused; an image encoder alone is no known family.
  @Test func filesThatDoNotMakeAModel() throws {
    try Fixture.withTemporaryDirectory { directory in
      let source = try MappedCheckpoint.open(try Self.source("qwen2_vl", in: directory).path)
      let output = directory.appending(path: "gguf")
      _ = try converted(source, to: .gguf, in: output)
      let text = output.appending(path: "model.gguf").path
      #expect(try MappedCheckpoint.open(text).coverage.isExact)
      let alone = #expect(throws: VLMError.self) {
        try MappedCheckpoint.open(output.appending(path: "mmproj.gguf").path)
      }
      #expect(alone?.code == .familyUnknown && alone?.message.contains("\"clip\" of llama.cpp") == true)
      // Under names that people give them, the text model is the one to open.
      let named = directory.appending(path: "named")
      try FileManager.default.createDirectory(at: named, withIntermediateDirectories: false)
      for (from, to) in [("model.gguf", "Qwen2-VL-2B-Q8_0.gguf"), ("mmproj.gguf", "mmproj-Qwen2-VL-2B-f16.gguf")] {
        try FileManager.default.copyItem(at: output.appending(path: from), to: named.appending(path: to))
      }
      let both = try MappedCheckpoint.open(named.path)
      #expect(both.coverage.isExact && both.notices.contains { $0.message.contains("mmproj-Qwen2-VL-2B-f16.gguf") })
      try FileManager.default.copyItem(
        at: output.appending(path: "mmproj.gguf"), to: output.appending(path: "mmproj-f16.gguf"))
      let several = #expect(throws: VLMError.self) { try MappedCheckpoint.open(text) }
      #expect(several?.code == .ggufProjectors && several?.message.contains("mmproj-f16.gguf") == true)
    }
  }
}
