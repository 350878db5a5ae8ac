import ArgumentParser
import Foundation
import Reports
import Tensors

struct Demo: UsesOpenBLAS {
  static let configuration = CommandConfiguration(
    abstract: "Do the whole job on what ships in fixtures/: inspect, convert, quantize, probe.",
    discussion: """
      Runs four commands one after the other and prints each before it runs, so that they can be repeated on a model and \
      demonstrations of your own. Takes under three minutes.

      EXAMPLES
        vlmtool demo
        vlmtool demo -o /tmp/demo
      """)

  @Option(name: [.short, .long], help: "Directory for what the demo writes.", completion: .directory)
  var output = Self.standardOutput

  private static let standardOutput = "out/demo"

  @Option(name: .long, help: "The repository's fixtures/ (default: found from here or from the program).")
  var fixtures: String?

  func run() throws {
    let fixtures = try self.fixtures ?? Self.findFixtures()
    let model = fixtures + "/tabletop-vlm"
    let int8 = output + "/tabletop-vlm-int8"
    let report = output + "/report.html"
    // What nobody chose is made with its parent; a mistyped path is not.
    if !FileManager.default.fileExists(atPath: output) {
      try FileManager.default.createDirectory(
        atPath: output, withIntermediateDirectories: output == Self.standardOutput)
    }
    for arguments in [
      ["inspect", model],
      ["convert", model, "-o", output + "/tabletop-vlm", "--overwrite"],
      // Of a trained encoder, int8 keeps every token's direction to 0.9999; a kernel that is wrong does not come near.
      [
        "quantize", model, "-o", int8, "--overwrite", "--image", fixtures + "/images/frame.png",
        "--minimum-cosine",
        "0.999",
      ],
      [
        "probe", "encoder", model, "--data", fixtures + "/demonstrations", "--compare", int8, "--report",
        report,
      ],
    ] {
      try StandardStreams.print("\n$ vlmtool \(arguments.joined(separator: " "))\n\n")
      var command = try VLMTool.parseAsRoot(arguments)
      try command.run()
    }
  }

  /// `fixtures/` in the working directory, or in a directory above it or above the program.
  private static func findFixtures() throws -> String {
    let program = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    for start in [
      URL(filePath: FileManager.default.currentDirectoryPath), program.deletingLastPathComponent(),
    ] {
      var directory = start.standardizedFileURL
      while true {
        let candidate = directory.appending(path: "fixtures")
        if FileManager.default.fileExists(atPath: candidate.appending(path: "tabletop-vlm/config.json").path)
        {
          let isHere = start.path == directory.path && start.path == FileManager.default.currentDirectoryPath
          return isHere ? "fixtures" : candidate.path
        }
        if directory.path == "/" { break }
        directory.deleteLastPathComponent()
      }
    }
    throw VLMError(
      VLMError.Code("command.demo.no-fixtures"), "the repository's fixtures/ are not above this directory",
      remedy: "run it in the repository, or say --fixtures DIR")
  }
}
