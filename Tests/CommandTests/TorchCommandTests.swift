import Foundation
import TestSupport
import Testing

/// A model as `torch.save` writes it gives what the same model gives as safetensors, byte for byte.
@Suite struct TorchCommandTests {
  private static let sound = Fixture.url("families/qwen2_vl/transformers-4")

  /// The small Qwen2-VL, its weights in a file of torch.
  private func withModel(as name: String = "pytorch_model.bin", _ body: (URL, URL) throws -> Void) throws {
    try Fixture.withTemporaryDirectory { directory in
      let model = directory.appending(path: "model")
      try FileManager.default.copyItem(at: Self.sound, to: model)
      try FileManager.default.removeItem(at: model.appending(path: "model.safetensors"))
      try FileManager.default.copyItem(
        at: Fixture.url("containers/torch/qwen2_vl/pytorch_model.bin"), to: model.appending(path: name))
      try body(model, directory)
    }
  }

  private func run(_ arguments: String...) throws -> ToolProcess {
    let run = try ToolProcess.run(arguments)
    #expect(run.status == 0, "\(arguments): \(run.errors)")
    return run
  }

  @Test(arguments: ["pytorch_model.bin", "epoch=1-step=10.ckpt"]) func inspect(name: String) throws {
    try withModel(as: name) { model, _ in
      let summary = { (run: ToolProcess) in
        try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
      }
      let one = try summary(run("inspect", Self.sound.path, "--json"))
      let other = try summary(run("inspect", model.path, "--json"))
      for key in ["family", "dialect", "parameters", "components", "coverage"] {
        #expect(one[key] as? NSObject == other[key] as? NSObject, "\(key)")
      }
    }
  }

  @Test(arguments: [["convert"], ["convert", "--to", "hf"], ["quantize"], ["quantize", "--format", "compressed-tensors"]])
  func outputsAreTheSame(arguments: [String]) throws {
    try withModel { model, directory in
      let outputs = try [("one", Self.sound), ("other", model)].map { name, source in
        let output = directory.appending(path: name)
        let run = try ToolProcess.run([arguments[0], source.path, "-o", output.path] + arguments.dropFirst())
        #expect(run.status == 0, "\(run.errors)")
        return output
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: outputs[0].path).sorted()
      #expect(try FileManager.default.contentsOfDirectory(atPath: outputs[1].path).sorted() == names)
      #expect(names.contains { $0.hasSuffix(".safetensors") })
      // The manifest says what it was made of.
      for name in names where name != "manifest.json" {
        let (one, other) = try (
          Data(contentsOf: outputs[0].appending(path: name)), Data(contentsOf: outputs[1].appending(path: name))
        )
        #expect(one == other, "\(name)")
      }
    }
  }

  @Test func diffFindsNone() throws {
    try withModel { model, _ in
      let run = try run("diff", Self.sound.path, model.path)
      #expect(
        run.output.hasPrefix("Vision encoder bit-identical, projector bit-identical, language bit-identical."),
        "\(run.output)")
    }
  }

  @Test func verify() throws {
    try withModel { model, _ in
      _ = try run("verify", model.path, "--reference", Fixture.url("families/qwen2_vl/reference.safetensors").path)
    }
  }
}
