import Foundation
import TestSupport
import Testing

/// `vlmtool inspect` on whatever people point it at, and what other commands say of the same.
@Suite struct InspectTests {
  private func json(_ run: ToolProcess) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: Any])
  }

  @Test(arguments: [
    ("containers/all_dtypes.safetensors", "safetensors: 25 tensors"),
    ("broken/directory/two-files-without-index", "safetensors: 2 tensors"),
    ("containers/gguf/version3.gguf", "GGUF: 17 tensors"),
    ("demonstrations/lift_the_puck_to_the_blue_ball_demo.hdf5", "HDF5: "),
  ])
  func looksAtAnything(path: String, words: String) throws {
    let run = try ToolProcess.run("inspect", Fixture.url(path).path)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains(words), "\(run.output)")
    let other = try json(try ToolProcess.run("inspect", Fixture.url(path).path, "--json"))
    #expect(other["schema"] as? String == "vlmtool.inspect.listing/1")
    #expect(other["listing"] is [String: Any])
  }

  /// Looking is allowed, using is not.
  @Test(arguments: ["convert", "quantize"]) func othersRefuseWhatHasNoFamily(verb: String) throws {
    try Fixture.withTemporaryDirectory { directory in
      let output = directory.appending(path: "out")
      let run = try ToolProcess.run(
        verb, Fixture.url("containers/all_dtypes.safetensors").path, "-o", output.path)
      #expect(run.status == 1)
      #expect(run.errors.contains("config.json"), "\(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: output.path))
    }
  }

  @Test func tensorsByPattern() throws {
    let path = Fixture.url("tabletop-vlm").path
    let all = try json(try ToolProcess.run("inspect", path, "--tensors", "--json"))
    #expect(all["schema"] as? String == "vlmtool.inspect/1")
    #expect(((all["listing"] as? [String: Any])?["tensors"] as? [Any])?.count == 104)
    let some = try ToolProcess.run("inspect", path, "--tensors", "*.q_proj.bias")
    #expect(some.status == 0)
    #expect(some.output.contains("model.layers.1.self_attn.q_proj.bias"))
    #expect(some.output.contains("language.blocks.1.attention.query.bias"))
    #expect(!some.output.contains("k_proj"))
    #expect(try ToolProcess.run("inspect", path, "--tensors", "re:(").status == 64)
  }

  /// What is no number is said on standard error with its tensor; looking at it is no failure.
  @Test func statisticsWarnOfNaN() throws {
    let run = try ToolProcess.run(
      "inspect", Fixture.url("containers/statistics.safetensors").path, "--statistics")
    #expect(run.status == 0)
    let lines = run.errors.split(separator: "\n")
    #expect(lines.count == 3 && lines.allSatisfy { $0.hasPrefix("warning: ") }, "\(run.errors)")
    for words in [
      "nothing_finite: 9 NaN", "troubled: 1 NaN and 2 infinities", "troubled_bf16: 1 NaN and 2 inf",
    ] {
      #expect(run.errors.contains("statistics.safetensors: \(words)"), "\(run.errors)")
    }
    #expect(run.output.contains("the same bytes: copy_of_far, far_from_zero"))
    #expect(run.output.contains("constant: ones is 1 throughout"))
  }

  @Test func statisticsDoNotDependOnThreads() throws {
    let path = Fixture.url("tabletop-vlm").path
    let outputs = try ["1", "2", "3"].map {
      try ToolProcess.run("inspect", path, "--statistics", "--json", "--threads", $0).output
    }
    #expect(Set(outputs).count == 1)
  }

  /// What a file of `torch.save` holds is listed, and what of it is not read is said.
  @Test func archivesOfTorchAreListed() throws {
    let run = try ToolProcess.run("inspect", Fixture.url("containers/torch/lightning.ckpt").path)
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.output.contains("PyTorch: 12 tensors") && run.output.contains("the weights are those under \"state_dict\""),
      "\(run.output)")
    let other = try ToolProcess.run("inspect", Fixture.url("broken/torch/os-system.pt").path)
    #expect(other.status == 1 && other.errors.contains("it asks for posix.system"), "\(other.errors)")
  }

  @Test(arguments: [
    (["inspect", "https://huggingface.co/org/name"], "write hf://org/name"),
    (["inspect", Fixture.url("tabletop-vlm/config.json").path], "give the checkpoint's directory"),
    (["inspect", Fixture.url("images/frame.png").path], "this is a PNG picture"),
    (
      [
        "probe", "encoder", Fixture.url("demonstrations").path, "--data", Fixture.url("tabletop-vlm").path,
        "--no-cache",
      ], "are checkpoint and --data swapped?"
    ),
    (
      [
        "probe", "encoder", Fixture.url("tabletop-vlm").path, "--data", Fixture.url("images/frame.png").path,
        "--no-cache",
      ],
      "this is a PNG picture"
    ),
  ])
  func namesWhatWasMeant(arguments: [String], words: String) throws {
    let run = try ToolProcess.run(arguments)
    #expect(run.status == 1)
    #expect(run.errors.contains(words), "\(run.errors)")
    #expect(run.errors.split(separator: "\n").count == 1)
  }

  @Test func aFamilyFileIsPrintedAndUsed() throws {
    try Fixture.withTemporaryDirectory { directory in
      let printed = try ToolProcess.run("formats", "qwen2_5_vl.transformers-4", "--resolved")
      #expect(printed.status == 0, "\(printed.errors)")
      let file = directory.appending(path: "mine.json5")
      try printed.output.replacing("dialect: \"transformers-4\"", with: "dialect: \"mine\"")
        .replacing("\"visual.", with: "\"sights.").write(to: file, atomically: true, encoding: .utf8)
      let copy = directory.appending(path: "model")
      try FileManager.default.copyItem(at: Fixture.url("tabletop-vlm"), to: copy)
      var weights = try Data(contentsOf: copy.appending(path: "model.safetensors"))
      // A name of the same length, so that the header keeps its own.
      while let range = weights.range(of: Data("\"visual.".utf8)) {
        weights.replaceSubrange(range, with: Data("\"sights.".utf8))
      }
      try weights.write(to: copy.appending(path: "model.safetensors"))
      let run = try ToolProcess.run("inspect", copy.path, "--family-file", file.path)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("mine names") && run.output.contains("coverage exact"), "\(run.output)")
    }
  }

  @Test func formatsAreListed() throws {
    let run = try ToolProcess.run("formats")
    #expect(run.status == 0)
    #expect(run.output.contains("paligemma2.kerashub") && run.output.contains("--family-file"))
    let object = try json(try ToolProcess.run("formats", "--json"))
    #expect((object["families"] as? [Any])?.count ?? 0 > 50)
    #expect(try ToolProcess.run("formats", "gguf").output.hasPrefix("# GGUF"))
    let unknown = try ToolProcess.run("formats", "clipp")
    #expect(unknown.status == 1 && unknown.errors.contains("did you mean \"clip\"?"), "\(unknown.errors)")
    #expect(try ToolProcess.run("formats", "--resolved").status == 64)
  }
}
