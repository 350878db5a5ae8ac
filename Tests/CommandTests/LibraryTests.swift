import Foundation
import TestSupport
import Testing

/// What others build on: the product `VLMToolKit`, its public declarations, and a package that uses it.
@Suite struct LibraryTests {
  private static func text(_ path: String) throws -> String {
    try String(contentsOf: HouseTests.repository.appending(path: path), encoding: .utf8)
  }

  /// Tests/Example, a package of its own, does on fixtures/ what the README says.
  @Test func theExampleRuns() throws {
    let example = ToolProcess.executable.deletingLastPathComponent().appending(path: "example")
    try #require(
      FileManager.default.fileExists(atPath: example.path),
      "`./dev test` builds it: swift build --package-path $PWD/Tests/Example --scratch-path …, flags as for the tests")
    try Fixture.withTemporaryDirectory { directory in
      let run = try ToolProcess.run(example.path, [Fixture.root.path, directory.path])
      #expect(run.status == 0, "\(run.errors)")
      #expect(
        run.output == """
          qwen2_5_vl: 1415480 parameters in 128 tensors
          written: 104 tensors
          int8: 2830960 bytes to 1640400
          projector: [16, 128], one of 13 stages
          answer: the open gripper is four left two near one high . the dark puck is three left two near one high .
          verdict: Undecided: whether the vision encoder loses more than the margin cannot be told from this data.

          """)
    }
  }

  @Test func theREADMEShowsTheExample() throws {
    let source = try Self.text("Tests/Example/Sources/example/main.swift")
    #expect(try Self.text("README.md").contains("```swift\n\(source)```\n"))
  }

  /// The rooms that a user sees by `import VLMToolKit`.
  private static func rooms() throws -> Set<String> {
    let face = try text("Sources/VLMToolKit/VLMToolKit.swift")
    return Set(face.matches(of: /@_exported public import (\w+)/).map { String($0.1) } + ["VLMToolKit"])
  }

  /// Where each public declaration stands, and whether a comment stands before it.
  private static func declarations(in file: URL) throws -> [(place: String, isDocumented: Bool)] {
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
    return lines.enumerated().compactMap { index, line in
      guard line.contains(/^ *(@\w+ )*public (?!import )/) else { return nil }
      let before = lines[..<index].last { !$0.contains(/^ *@\w+(\(.*\))?$/) }
      return ("\(file.lastPathComponent):\(index + 1): \(line)", before?.contains(/^ *\/\/\//) ?? false)
    }
  }

  @Test func everyPublicDeclarationIsDocumentedAndSeen() throws {
    let rooms = try Self.rooms()
    for room in try FileManager.default.contentsOfDirectory(atPath: HouseTests.repository.appending(path: "Sources").path) {
      let files = HouseTests.files(under: "Sources/\(room)", endings: ["swift"])
      let declarations = try files.flatMap(Self.declarations)
      if rooms.contains(room) {
        let bare = declarations.filter { !$0.isDocumented }.map(\.place)
        #expect(bare == [], "public, and no word on what it is")
      } else {
        #expect(declarations.map(\.place) == [], "VLMToolKit does not re-export \(room): package is enough")
      }
    }
  }
}
