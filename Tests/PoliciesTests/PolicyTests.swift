import Checkpoints
import Files
import Foundation
import Images
import Mapping
import Policies
import Runtime
import Tensors
import TestSupport
import Testing

/// Policies of all families of VLM4VLA against a torch re-implementation of its specification.
@Suite struct PolicyTests {
  /// Of a state's or an action's size: both sides compute in f32.
  static let tolerance = 1e-4

  @Test(arguments: ComposedPolicy.families)
  func equalsTorch(family: String) throws {
    try Fixture.withTemporaryDirectory { folder in
      let composed = try ComposedPolicy(family, in: folder)
      let golden = try PolicyOracle.Tensors("reference.safetensors")
      let document = try PolicyOracle.json("reference.json")
      let instructions = document["instructions"]!.arrayValue!.map { $0.stringValue! }
      let checkpoint = try MappedCheckpoint.open(folder.path)
      #expect(checkpoint.configuration.policy?.chunk == composed.json["chunk"]!.intValue!)
      let model = try VisionLanguageModel(checkpoint, precision: .float32)
      let file = try PolicyFile(of: checkpoint, Policy.Options())
      for item in composed.json["cases"]!.arrayValue! {
        let key = item["key"]!.stringValue!
        let image = item["image"]!.intValue!
        var settings = file.settings
        settings.query.positions = item["positions"]!.stringValue! == "authors" ? .sequential : .model
        settings.query.attention = try #require(QuerySettings.Attention(rawValue: item["attention"]!.stringValue!))
        settings.query.addsDeepstack = item["deepstack"]?.boolValue ?? true
        // Families whose small encoders take other sizes than the real ones bring the picture that goes in.
        let picture: RGBImage
        if golden.file.contains("\(family).picture.\(image)") {
          settings.query.pictures = .model
          picture = try Self.picture(golden, "\(family).picture.\(image)")
        } else {
          picture = try RGBImage(contentsOf: Fixture.url(document["images"]![image].stringValue!).path)
        }
        let policy = try Policy(PolicyFile(query: file.query, head: file.head, settings: settings), on: model)
        let task = instructions[item["instruction"]!.intValue!]
        let state = try policy.model.states([(picture, task)], query: file.query)[0]
        let expected = try golden("\(key).state")
        let size = Double(expected.reduce(0) { max($0, abs($1)) })
        #expect(apart(state, expected) <= Self.tolerance * max(1, size), "\(key)")
        let output = policy.file.head(state, rows: 1)
        #expect(apart(output.arm, try golden("\(key).arm")) <= Self.tolerance, "\(key)")
        #expect(apart(output.gripper, try golden("\(key).logits")) <= Self.tolerance * 10, "\(key)")
        var sender = ActionSender(policy.codec)
        let sent = try policy.chunk(picture, task: task).map { sender.send($0) }
        #expect(apart(sent.flatMap(\.self), try Self.doubles(golden, "\(key).actions")) <= Self.tolerance, "\(key)")
      }
      for sequence in composed.json["sequences"]!.arrayValue! {
        let query = try QueryModel(model, settings: settingsForTokens(golden, family))
        let picture =
          golden.file.contains("\(family).picture.0")
          ? try Self.picture(golden, "\(family).picture.0")
          : try RGBImage(contentsOf: Fixture.url(document["images"]![0].stringValue!).path)
        let tokens = try query.tokens(picture, task: instructions[sequence["instruction"]!.intValue!])
        let expected = sequence["ids"]!.arrayValue!.flatMap { run in
          run.arrayValue.map { Array(repeating: $0[0].intValue!, count: $0[1].intValue!) } ?? [run.intValue!]
        }
        #expect(Array(tokens.dropFirst(composed.json["rows_before"]!.intValue!)) == expected)
      }
    }
  }

  private func settingsForTokens(_ golden: PolicyOracle.Tensors, _ family: String) -> QuerySettings {
    var settings = QuerySettings()
    if golden.file.contains("\(family).picture.0") { settings.pictures = .model }
    return settings
  }

  private static func picture(_ golden: PolicyOracle.Tensors, _ name: String) throws -> RGBImage {
    let tensor = try #require(golden.file.tensors.first { $0.name == name })
    let pixels = try golden.file.withBytes(of: name) { Array($0) }
    return RGBImage(width: tensor.shape[1], height: tensor.shape[0], pixels: pixels)
  }

  private static func doubles(_ golden: PolicyOracle.Tensors, _ name: String) throws -> [Double] {
    try golden.file.withBytes(of: name) { Array($0.bindMemory(to: Double.self)) }
  }

  /// A whole policy in both of the authors' files: what `zero_to_fp32` leaves in a torch archive, and its state dict in safetensors.
  @Test(arguments: [
    ("policy.safetensors.gz", "model.safetensors"), ("epoch=4-step=50000.pt.gz", "epoch=4-step=50000.pt"),
  ])
  func wholePolicy(packed: String, name: String) throws {
    try withWholePolicy(packed, name) { folder in
      let json = try PolicyOracle.json("reference.json")["whole"]!
      let golden = try PolicyOracle.Tensors("reference.safetensors")
      let document = try PolicyOracle.json("reference.json")
      for item in json["cases"]!.arrayValue! {
        var options = Policy.Options()
        options.precision = .float32
        options.positions = item["positions"]!.stringValue! == "authors" ? .sequential : .model
        let policy = try Policy.open(folder.path, options)
        let picture = try RGBImage(
          contentsOf: Fixture.url(document["images"]![item["image"]!.intValue!].stringValue!).path)
        let task = document["instructions"]![item["instruction"]!.intValue!].stringValue!
        var sender = ActionSender(policy.codec)
        let sent = try policy.chunk(picture, task: task).map { sender.send($0) }
        let key = item["key"]!.stringValue!
        #expect(apart(sent.flatMap(\.self), try Self.doubles(golden, "\(key).actions")) <= Self.tolerance, "\(key)")
      }
    }
  }

  /// The authors' files in a folder, with what stands beside them.
  private func withWholePolicy(_ packed: String, _ name: String, _ body: (URL) throws -> Void) throws {
    try Fixture.withTemporaryDirectory { folder in
      let source = Fixture.url(PolicyOracle.folder + "whole")
      let json = try PolicyOracle.json("reference.json")["whole"]!
      try Data(PolicyOracle.gunzipped(Data(contentsOf: source.appending(path: packed)))).write(
        to: folder.appending(path: name))
      let run = "2026-01-21_16:51:38.123456-project.json"
      for (from, to) in [
        (source.appending(path: "config.json"), "config.json"), (source.appending(path: run), run),
        (Fixture.url(json["tokenizer"]!.stringValue!), "tokenizer.json"),
        (Fixture.url(PolicyOracle.folder + "statistics/bridge.json"), "dataset_statistics_bridge.json"),
      ] { try FileManager.default.copyItem(at: from, to: folder.appending(path: to)) }
      try JSONEncoder().encode(json["preprocessor"]!).write(to: folder.appending(path: "preprocessor_config.json"))
      try body(folder)
    }
  }

  /// To the runtime's layout and back to VLM4VLA's: the authors' names and bits, but for the copy of what is tied.
  @Test func goesBackToTheAuthorsNames() throws {
    try withWholePolicy("policy.safetensors.gz", "model.safetensors") { folder in
      try Fixture.withTemporaryDirectory { outputs in
        var place = folder.path
        for format in [OutputFormat.runtime, .vlm4vla] {
          let source = try MappedCheckpoint.open(place)
          place = outputs.appending(path: format.name).path
          _ = try Conversion.run(
            ConversionPlan(of: source, to: format, catalog: source.catalog), Conversion.Options(output: place))
        }
        let before = try SafetensorsFile(folder.appending(path: "model.safetensors").path)
        let after = try SafetensorsFile(place + "/model.safetensors")
        let left = Set(before.tensors.map(\.name)).subtracting(after.tensors.map(\.name))
        #expect(left.isSubset(of: ["model.backbone.lm_head.weight"]))
        #expect(after.tensors.count == before.tensors.count - left.count)
        for tensor in after.tensors {
          let bytes = try after.withBytes(of: tensor.name) { Array($0) }
          #expect(try before.withBytes(of: tensor.name) { Array($0) } == bytes, "\(tensor.name)")
        }
        #expect(try Policy.open(place).file.settings == Policy.open(folder.path).file.settings)
      }
    }
  }

  @Test func aVLMWithoutPolicyHasNoAuthorsLayout() throws {
    let source = try MappedCheckpoint.open(Fixture.url("tabletop-vlm").path)
    #expect(throws: VLMError.self) { try ConversionPlan(of: source, to: .vlm4vla, catalog: source.catalog) }
  }

  /// What the tool writes it reads, and so does anybody who knows the authors' names.
  @Test func fileRoundTrip() throws {
    try Fixture.withTemporaryDirectory { folder in
      var settings = PolicySettings(
        convention: .recorded, bounds: -1...1, statistics: ActionStatistics(of: [0, 1, 1, 0, 0.5, 1], width: 2), armDimensions: 1)
      settings.camera = "front"
      settings.backbone = "/models/vlm"
      let head = FCDecoder(FCDecoder.Layout(hidden: 8, chunk: 2, armDimensions: 1), seed: 5)
      let file = PolicyFile(query: (0..<8).map { Float($0) / 8 }, head: head, settings: settings)
      let path = folder.appending(path: "p.safetensors").path
      try file.write(path)
      let again = try PolicyFile(reading: path)
      #expect(again.query == file.query && again.head == head && again.settings == settings)
      #expect(PolicyFile.isOne(path))
      let names = try SafetensorsFile(path).tensors.map(\.name)
      #expect(names.contains("model.action_token") && names.contains("model.act_head.actions.mlp.6.weight"))
    }
  }

  @Test func aVLMIsNoPolicy() throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url("tabletop-vlm").path)
    #expect(checkpoint.configuration.policy == nil)
    #expect(throws: VLMError.self) { try PolicyFile(of: checkpoint, Policy.Options()) }
  }
}
