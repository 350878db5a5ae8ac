import Foundation
import TestSupport
import Testing

/// Input and output never meet, and nothing that is not this tool's is ever replaced.
@Suite struct OutputSafetyTests {
  private static let files = FileManager.default

  /// All files below a folder with their bytes; links as links.
  private static func contents(_ folder: URL) throws -> [String: Data] {
    var contents: [String: Data] = [:]
    for name in try files.subpathsOfDirectory(atPath: folder.path) {
      let path = folder.appending(path: name).path
      let type = try files.attributesOfItem(atPath: path)[.type] as? FileAttributeType
      contents[name] = type == .typeRegular ? try Data(contentsOf: URL(filePath: path)) : Data()
    }
    return contents
  }

  /// Runs in a folder that holds `models/X` (a checkpoint; a runtime one, with a manifest of ours, when `own`).
  private static func withCheckpoint(own: Bool = false, _ body: (URL) throws -> Void) throws {
    try Fixture.withTemporaryDirectory { root in
      let models = root.appending(path: "models")
      try files.createDirectory(at: models, withIntermediateDirectories: true)
      let place = models.appending(path: "X")
      if own {
        let run = try ToolProcess.run("convert", Fixture.url("tabletop-vlm").path, "-o", place.path)
        #expect(run.status == 0, "\(run.errors)")
      } else {
        try files.copyItem(at: Fixture.url("tabletop-vlm"), to: place)
      }
      try body(root)
    }
  }

  private static func expectRefused(
    _ arguments: [String], in root: URL, saying text: String, status: Int32 = 1
  ) throws {
    let before = try contents(root)
    let run = try ToolProcess.run(arguments, environment: ["HF_HUB_CACHE": root.path + "/hub"])
    #expect(run.status == status, "\(arguments): \(run.output)\(run.errors)")
    #expect(run.errors.contains(text), "\(arguments): \(run.errors)")
    #expect(run.output.isEmpty)
    #expect(try contents(root) == before, "\(arguments)")
  }

  enum Meeting: String, CaseIterable {
    case same, slash, dots, link, file, inside, above, hub, hardLinks, partial
  }

  @Test(arguments: ["convert", "quantize"], Meeting.allCases)
  func inputAndOutputNeverMeet(verb: String, meeting: Meeting) throws {
    for own in [false, true] {
      try Self.withCheckpoint(own: own) { root in
        let x = root.appending(path: "models/X").path
        var (input, output, message) = (x, x, "this is the directory that is read")
        switch meeting {
        case .same: break
        case .slash: output = x + "/"
        case .dots: output = x + "/../X/."
        case .file: input = x + "/model.safetensors"
        case .link:
          output = root.appending(path: "link").path
          try Self.files.createSymbolicLink(atPath: output, withDestinationPath: x)
        case .inside: (output, message) = (x + "/out", "lies in \(x), which is read")
        case .above: (output, message) = (root.appending(path: "models").path, "which is read, lies in it")
        case .hub:
          let hub = root.appending(path: "hub/models--a--b/snapshots")
          try Self.files.createDirectory(at: hub, withIntermediateDirectories: true)
          try Self.files.moveItem(atPath: x, toPath: hub.appending(path: "main").path)
          (input, output) = ("hf://a/b", hub.appending(path: "main").path)
        case .hardLinks:
          output = root.appending(path: "twin").path
          try Self.files.createDirectory(atPath: output, withIntermediateDirectories: true)
          for name in try Self.files.contentsOfDirectory(atPath: x) {
            try Self.files.linkItem(atPath: x + "/" + name, toPath: output + "/" + name)
          }
          message = "its model.safetensors is the same file as"
        case .partial:
          input = root.appending(path: "models/.Y.vlmtool-partial").path
          try Self.files.moveItem(atPath: x, toPath: input)
          output = root.appending(path: "models/Y").path
        }
        // A runtime checkpoint is not converted to itself; the public layout is what there is to ask for.
        let back = own && verb == "convert" ? ["--to", "hf"] : []
        for overwrite in [["--overwrite"], ["--overwrite", "--dry-run"], []] {
          try Self.expectRefused(
            [verb, input, "-o", output] + back + overwrite, in: root, saying: message)
        }
      }
    }
  }

  @Test(arguments: ["convert", "quantize"]) func overwriteReplacesOnlyWhatThisToolWrote(verb: String) throws {
    try Self.withCheckpoint { root in
      let input = root.appending(path: "models/X").path
      let output = root.appending(path: "out")
      let arguments = [verb, input, "-o", output.path, "--overwrite"]
      for _ in 0..<2 { #expect(try ToolProcess.run(arguments).status == 0) }
      let whole = try Self.contents(output)

      let diary = output.appending(path: "NOTES.txt")
      try "diary".write(to: diary, atomically: true, encoding: .utf8)
      try Self.expectRefused(arguments, in: root, saying: "NOTES.txt")
      try Self.files.removeItem(at: diary)

      let folder = output.appending(path: "optimizer")
      try Self.files.createDirectory(at: folder, withIntermediateDirectories: true)
      try Self.expectRefused(arguments, in: root, saying: "optimizer")
      try Self.files.removeItem(at: folder)

      let settings = output.appending(path: "generation_config.json")
      let text = try Data(contentsOf: settings)
      try (text + Data(" ".utf8)).write(to: settings)
      try Self.expectRefused(arguments, in: root, saying: "generation_config.json")
      try text.write(to: settings)

      #expect(try ToolProcess.run(arguments).status == 0)
      #expect(try Self.contents(output) == whole)
      #expect(try Self.files.contentsOfDirectory(atPath: root.path).sorted() == ["models", "out"])
    }
  }

  /// A checkpoint of several shards, and a KerasHub preset, have files of their own that a manifest lists too.
  @Test(arguments: [
    ["convert", Fixture.url("tabletop-vlm").path, "--max-shard-size", "0.001"],
    ["convert", Fixture.url("families/clip/transformers-5").path, "--to", "keras"],
  ]) func everythingWrittenCanBeReplaced(arguments: [String]) throws {
    try Fixture.withTemporaryDirectory { root in
      let output = root.appending(path: "out").path
      for _ in 0..<2 {
        let run = try ToolProcess.run(arguments + ["-o", output, "--overwrite"])
        #expect(run.status == 0, "\(run.errors)")
      }
    }
  }

  @Test func somebodyElsesCheckpointIsKept() throws {
    try Self.withCheckpoint { root in
      let theirs = root.appending(path: "theirs")
      try Self.files.copyItem(at: Fixture.url("tabletop-vlm"), to: theirs)
      try Self.expectRefused(
        ["convert", root.appending(path: "models/X").path, "-o", theirs.path, "--overwrite"], in: root,
        saying: "config.json")
    }
  }

  @Test(arguments: ["convert", "quantize"]) func placesThatAreNone(verb: String) throws {
    try Self.withCheckpoint { root in
      let input = root.appending(path: "models/X").path
      func path(_ name: String) -> String { root.appending(path: name).path }
      try Self.files.createSymbolicLink(atPath: path("nowhere"), withDestinationPath: path("gone"))
      try "x".write(toFile: path("file"), atomically: true, encoding: .utf8)
      try Self.expectRefused([verb, input, "-o", ""], in: root, saying: "--output is empty", status: 64)
      try Self.expectRefused(
        [verb, input, "-o", path("typo/out")], in: root, saying: "there is no directory")
      try Self.expectRefused([verb, input, "-o", path("nowhere")], in: root, saying: "leads nowhere")
      try Self.expectRefused([verb, input, "-o", path("file")], in: root, saying: "there is a file")
      // The shell's own directory would be gone under it.
      let here = path("here")
      try Self.files.createDirectory(atPath: here, withIntermediateDirectories: true)
      let run = try ToolProcess.run(
        "/bin/sh",
        ["-c", "cd \"$0\" && exec \"$@\"", here, ToolProcess.executable.path, verb, input, "-o", "."])
      #expect(run.status == 1 && run.errors.contains("the directory you are in"), "\(run.errors)")
    }
  }

  /// Files of results: theirs are kept, ours replaced, and none is put among what is read.
  @Test func resultFiles() throws {
    try Self.withCheckpoint { root in
      let model = root.appending(path: "models/X").path
      let save = root.appending(path: "answer.safetensors").path
      let arguments = ["bench", "encoder", model, "--runs", "1", "--side", "56", "--save"]
      for _ in 0..<2 {
        let run = try ToolProcess.run(arguments + [save])
        #expect(run.status == 0, "\(run.errors)")
      }
      let theirs = root.appending(path: "theirs.safetensors").path
      try Self.files.copyItem(atPath: model + "/model.safetensors", toPath: theirs)
      let twin = root.appending(path: "twin.safetensors").path
      try Self.files.linkItem(atPath: model + "/model.safetensors", toPath: twin)
      for path in [model + "/model.safetensors", theirs, twin, model + "/new.safetensors"] {
        try Self.expectRefused(arguments + [path], in: root, saying: path)
      }
      try Self.expectRefused(
        arguments + [root.appending(path: "typo/x").path], in: root, saying: "there is no directory")
      try Self.expectRefused(arguments + ["/dev/null"], in: root, saying: "is no regular file")
      try Self.expectRefused(arguments + [""], in: root, saying: "is empty")

      let notes = root.appending(path: "notes.html").path
      try "<html>mine</html>".write(toFile: notes, atomically: true, encoding: .utf8)
      let data = Fixture.url("demonstrations").path
      let probe = ["probe", "encoder", model, "--data", data, "--no-cache"]
      try Self.expectRefused(probe + ["--report", notes], in: root, saying: "did not write")
      try Self.expectRefused(probe + ["--export", theirs], in: root, saying: "did not write")
      try Self.expectRefused(probe + ["--export", model + "/x.h5"], in: root, saying: "which is read")
    }
  }
}
