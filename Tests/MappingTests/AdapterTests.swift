import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Mapping

/// Adapters of peft's against its `merge_and_unload`: fixtures/oracle/make_adapters.py.
@Suite struct AdapterTests {
  struct Merged: Decodable, Sendable {
    let base: String
    /// SHA-256 of what the merge changed, by the base's names.
    let changed: [String: String]
  }

  static let folder = Fixture.url("adapters")
  static let merged = try! JSONDecoder().decode(
    [String: Merged].self, from: Data(contentsOf: folder.appending(path: "merged.json")))

  static func base(_ name: String) -> String { Fixture.url("families/\(merged[name]!.base)").path }
  static func adapter(_ name: String) -> String { folder.appending(path: name).path }

  /// Cases whose last bits depend on the order of sums.
  static let rounded = ["dora", "float32"]

  @Test(arguments: merged.keys.sorted().filter { !rounded.contains($0) }) func mergesToTheLastBit(name: String) throws {
    let (base, merged) = (try MappedCheckpoint.open(Self.base(name)), try MappedCheckpoint.open("\(Self.base(name))+\(Self.adapter(name))"))
    #expect(merged.reader.tensors == base.reader.tensors)
    for tensor in merged.reader.tensors {
      let bytes = try merged.reader.withBytes(of: tensor.name) { [UInt8]($0) }
      if let expected = Self.merged[name]!.changed[tensor.name] {
        #expect(bytes.withUnsafeBytes { SHA256.hash(of: $0) } == expected, "\(tensor.name)")
        // In pieces of any length it is the same.
        var pieces: [UInt8] = []
        let element = tensor.dtype.bits / 8
        for start in stride(from: 0, to: tensor.byteCount, by: 37 * element) {
          let range = start..<min(tensor.byteCount, start + 37 * element)
          var piece = [UInt8](repeating: 0, count: range.count)
          try piece.withUnsafeMutableBytes { try merged.reader.readBytes(of: tensor.name, range, into: $0) }
          pieces += piece
        }
        #expect(pieces == bytes, "\(tensor.name)")
      } else {
        #expect(try base.reader.withBytes(of: tensor.name) { [UInt8]($0) } == bytes, "\(tensor.name)")
      }
    }
    let notice = try #require(merged.notices.first { $0.file == Self.adapter(name) })
    #expect(notice.message.contains("is merged into \(Self.merged[name]!.changed.count)"), "\(notice)")
  }

  /// F32 sums in another order than peft's; a row's norm in torch depends on how many lanes the processor has. BF16 then differs by a
  /// unit of its last place, and hardly ever.
  @Test(arguments: rounded) func mergesUpToTheOrderOfSums(name: String) throws {
    var options = MappedCheckpoint.Options()
    options.adapters = [Self.adapter(name)]
    let (merged, kernels) = (try MappedCheckpoint.open(Self.base(name), options), Kernels.active)
    let truth = try Checkpoint.open(Self.folder.appending(path: "merged.safetensors").path)
    var (differing, count) = (0, 0)
    for tensor in truth.tensors where Self.merged[name]!.changed[tensor.name] != nil {
      func floats(_ reader: any CheckpointReader) throws -> [Float] {
        try reader.withBytes(of: tensor.name) { bytes in
          [Float](unsafeUninitializedCapacity: tensor.shape.count) { buffer, count in
            count = tensor.shape.count
            kernels.convert(bytes, of: tensor.dtype, to: UnsafeMutableBufferPointer(rebasing: buffer[..<count]))
          }
        }
      }
      let (own, expected) = (try floats(merged.reader), try floats(truth))
      let step: Float = tensor.dtype == .f32 ? 0x1p-22 : 0x1p-7
      #expect(own.count == expected.count && zip(own, expected).allSatisfy { abs($0 - $1) <= step * max(abs($1), 0x1p-6) }, "\(tensor.name)")
      if tensor.dtype == .bf16 { differing += zip(own, expected).count { $0 != $1 } }
      count += own.count
    }
    #expect(count > 10_000 && differing * 1000 <= count, "\(differing) of \(count)")
  }

  /// One after another, each on what the one before has made.
  @Test func adaptersFollowEachOther() throws {
    let path = "\(Self.base("patterns"))+\(Self.adapter("patterns"))+\(Self.adapter("rslora"))"
    let merged = try MappedCheckpoint.open(path)
    #expect(merged.path == path && merged.notices.count { $0.message.contains("is merged into") } == 2)
    for (name, other) in [("model.layers.0.mlp.down_proj.weight", "patterns"), ("visual.merger.mlp.0.weight", "rslora")] {
      #expect(try merged.reader.withBytes(of: name) { SHA256.hash(of: $0) } == Self.merged[other]!.changed[name])
    }
    let both = "visual.blocks.0.attn.qkv.weight"
    let sum = try merged.reader.withBytes(of: both) { SHA256.hash(of: $0) }
    #expect(!["patterns", "rslora"].contains { Self.merged[$0]!.changed[both] == sum })
    #expect(merged.reader.files.count { $0.contains("adapters/") } == 4)
  }

  @Test func aPathWithAPlusIsAPath() throws {
    try Fixture.withTemporaryDirectory { directory in
      let copy = directory.appending(path: "a+b")
      try FileManager.default.copyItem(atPath: Self.base("patterns"), toPath: copy.path)
      #expect(try MappedCheckpoint.open(copy.path).coverage.isExact)
      let error = #expect(throws: VLMError.self) { try MappedCheckpoint.open(directory.path + "/a+c") }
      #expect(error?.code == .fileNotFound)
      let other = #expect(throws: VLMError.self) { try MappedCheckpoint.open("\(copy.path)+\(directory.path)") }
      #expect(other?.code == .adapterMalformed && other?.description.contains("holds no adapter_config.json") == true)
    }
  }

  // MARK: What cannot be merged

  struct Fault: Sendable, CustomTestStringConvertible {
    let settings: [String: String]
    let code: VLMError.Code
    let said: String
    var testDescription: String { said }

    init(_ settings: [String: String], _ code: VLMError.Code, _ said: String) {
      (self.settings, self.code, self.said) = (settings, code, said)
    }
  }

  static let faults = [
    Fault(["peft_type": #""IA3""#], .adapterUnsupported, "an adapter of type IA3"),
    Fault(["peft_type": "null"], .adapterMalformed, "has no peft_type"),
    Fault(["init_lora_weights": #""pissa_niter_4""#], .adapterUnsupported, "began with pissa_niter_4"),
    Fault(["trainable_token_indices": "[1, 2]"], .adapterUnsupported, "sets trainable_token_indices"),
    Fault(["layer_replication": "[[0, 2]]"], .adapterUnsupported, "sets layer_replication"),
    Fault(["fan_in_fan_out": "true"], .adapterUnsupported, "sets fan_in_fan_out"),
    Fault(["use_something_new": "3"], .adapterUnsupported, "sets use_something_new to 3, which is not known here"),
    Fault(["r": "8"], .adapterMalformed, "has the rank 4, the settings say 8"),
    Fault(["r": #""8""#], .adapterMalformed, "are no numbers"),
    Fault(["alpha_pattern": #"{"q_proj": 3, "self_attn.q_proj": 4}"#], .adapterMalformed, "different values"),
    Fault(["rank_pattern": #"{"q_proj": 1e300}"#], .adapterMalformed, "the settings say 1e+300"),
    Fault(["rank_pattern": #"{"q_proj": 2.5}"#], .adapterMalformed, "the settings say 2.5"),
    Fault(["alpha_pattern": #"{"q_proj": 1e300}"#], .adapterMalformed, "has the alpha 1e+300"),
    Fault(["rank_pattern": #"{"(": 3}"#], .adapterMalformed, "cannot be read"),
    Fault(["rank_pattern": #"{"(a+)+x": 3}"#], .adapterUnsupported, "may take very long"),
    Fault(["alpha_pattern": #"{".*.*.*.*.*.*.*x": 3}"#], .adapterUnsupported, "may take very long"),
    Fault(["use_dora": "true"], .adapterMalformed, "has no magnitude, though use_dora is set"),
  ]

  @Test(arguments: faults) func settingsThatAreNotMerged(fault: Fault) throws {
    try Fixture.withTemporaryDirectory { directory in
      let copy = directory.appending(path: "adapter")
      try FileManager.default.copyItem(atPath: Self.adapter("patterns"), toPath: copy.path)
      let file = copy.appending(path: "adapter_config.json")
      var members = try #require(JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
      for (key, text) in fault.settings {
        members[key] = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
      }
      try JSONSerialization.data(withJSONObject: members).write(to: file)
      let error = #expect(throws: VLMError.self) { try MappedCheckpoint.open("\(Self.base("patterns"))+\(copy.path)") }
      #expect(error?.code == fault.code && error?.description.contains(fault.said) == true, "\(error?.description ?? "")")
      #expect(error?.file?.hasPrefix(copy.path) == true && (error?.remedy != nil || fault.said.contains("cannot be read")))
    }
  }

  @Test func anAdapterOfAnotherModelIsRefused() throws {
    for (base, adapter, said) in [
      ("patterns", "embedding", "has no tensor that this adapter changes by that name"), ("embedding", "dora", "by that name"),
    ] {
      let error = #expect(throws: VLMError.self) { try MappedCheckpoint.open("\(Self.base(base))+\(Self.adapter(adapter))") }
      #expect(error?.code == .adapterForeign && error?.description.contains(said) == true, "\(error?.description ?? "")")
      #expect(error?.remedy?.contains("it was trained on") == true)
    }
    let other = Fixture.url("jarvis/agent/model").path
    let error = #expect(throws: VLMError.self) { try MappedCheckpoint.open("\(other)+\(Self.adapter("dora"))") }
    #expect(error?.code == .adapterForeign && error?.description.contains("in the model and") == true, "\(error?.description ?? "")")
  }

  @Test func damagedWeightsAreRefused() throws {
    try Fixture.withTemporaryDirectory { directory in
      let copy = directory.appending(path: "adapter")
      try FileManager.default.copyItem(atPath: Self.adapter("patterns"), toPath: copy.path)
      let file = copy.appending(path: "adapter_model.safetensors")
      let whole = try Data(contentsOf: file)
      func said(_ data: Data) throws -> String {
        try data.write(to: file)
        let error = #expect(throws: VLMError.self) { try MappedCheckpoint.open("\(Self.base("patterns"))+\(copy.path)") }
        return error?.description ?? ""
      }
      #expect(try said(whole.dropLast(64)).contains("adapter_model.safetensors"))
      // One letter of a name.
      func renamed(_ name: String, _ other: String) -> Data {
        var data = whole
        data.replaceSubrange(data.firstRange(of: Data(name.utf8))!, with: Data(other.utf8))
        return data
      }
      #expect(try said(renamed("q_proj.lora_A.weight", "q_proj.lora_X.weight")).contains("is a part of an adapter that is not known"))
      #expect(try said(renamed("base_model.model", "base_xodel.model")).contains("does not begin with base_model.model."))
      #expect(try said(renamed("q_proj.lora_A.weight", "q_proj.Lora_A.weight")).contains("one matrix of two"))
      try FileManager.default.removeItem(at: file)
      let error = #expect(throws: VLMError.self) { try MappedCheckpoint.open("\(Self.base("patterns"))+\(copy.path)") }
      #expect(error?.description.contains("holds no adapter_model.safetensors") == true)
    }
  }
}
