import Foundation
import TestSupport
import Testing

@Suite struct InstallTests {
  private static let script = HouseTests.repository.appending(path: "dev").path

  /// `./dev install` with the binary that was built for the tests.
  @Test func putsEverythingInPlaceAndTakesItAway() throws {
    try Fixture.withTemporaryDirectory { prefix in
      let run = try ToolProcess.run(
        Self.script, ["install", "--tool", ToolProcess.executable.path, prefix.path])
      #expect(run.status == 0, "\(run.errors)")
      let home = prefix.path
      #expect(run.output.contains("export PATH=\"\(home)/bin:$PATH\""))
      for path in [
        "share/bash-completion/completions/vlmtool", "share/zsh/site-functions/_vlmtool",
        "share/fish/vendor_completions.d/vlmtool.fish", "share/man/man1/vlmtool.1",
      ] {
        let text = try String(contentsOfFile: home + "/" + path, encoding: .utf8)
        #expect(text.contains("quantize"), "\(path)")
      }
      #expect(try ToolProcess.run(home + "/bin/vlmtool", ["--version"]).status == 0)

      // Bash takes the completion, and gets more than names from it.
      let bash = try ToolProcess.run(
        "/bin/bash",
        ["-c", "source \(home)/share/bash-completion/completions/vlmtool && complete -p vlmtool"])
      #expect(bash.status == 0 && bash.output.contains("vlmtool"), "\(bash.errors)")

      #expect(try ToolProcess.run(Self.script, ["uninstall", home]).status == 0)
      let left = try FileManager.default.subpathsOfDirectory(atPath: home).filter {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: home + "/" + $0, isDirectory: &isDirectory)
          && !isDirectory.boolValue
      }
      #expect(left.isEmpty, "\(left)")
    }
  }

  /// What a shell asks the tool itself for.
  @Test(arguments: [
    ("verify --reference x --only ", ["vision", "projector", "language"]),
    ("verify --reference x --only vision,", ["vision,projector", "vision,language", "vision,policy", "vision,other"]),
    ("convert --to hf --dialect ", ["transformers-4", "transformers-5"]),
    ("quantize --keep ", ["vision.blocks.*.mlp.down", "language.blocks.*.attention.query"]),
  ]) func completesValues(line: String, expected: [String]) throws {
    var words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    let word = words.removeLast()
    let command = words[0]
    let option = words[words.count - 1].dropFirst(2)
    let typed = ["vlmtool", command, Fixture.url("tabletop-vlm").path] + words.dropFirst() + [word]
    let run = try ToolProcess.run(
      ["---completion", command, "--", "--\(option)", "\(typed.count - 1)", "\(word.count)"] + typed,
      environment: ["SAP_SHELL": "bash", "SAP_SHELL_VERSION": "5"])
    #expect(run.status == 0, "\(run.errors)")
    let found = Set(run.output.split(separator: "\n").map(String.init))
    for value in expected { #expect(found.contains(value), "\(value) in \(found)") }
    if word.hasSuffix(",") { #expect(found.count == expected.count) }
  }
}
