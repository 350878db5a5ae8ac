import Foundation
import Mapping
import Runtime
import TestSupport
import Testing

/// Where texts end that the model does not end itself.
@Suite struct TextEndTests {
  static let turns = [Turn(role: "user", content: [.text("Describe the scene.")])]

  @Test func whoeverGetsThePiecesMayEndIt() throws {
    let model = try VisionLanguageModelTests.model()
    let whole = try model.generate(Self.turns) { _ in }
    var pieces: [String] = []
    let cut = try model.generate(Self.turns) { piece in
      pieces.append(piece)
      if pieces.count == 3 { throw VisionLanguageModel.EndOfText() }
    }
    #expect(cut.text == pieces.joined() && whole.text.hasPrefix(cut.text) && cut.text != whole.text)
    #expect(!cut.ended && cut.tokens == Array(whole.tokens.prefix(cut.tokens.count)) && cut.promptTokens == whole.promptTokens)
  }

  @Test func theContextMayEndIt() throws {
    try Fixture.withTemporaryDirectory { directory in
      let folder = directory.appending(path: "model")
      try FileManager.default.copyItem(at: Fixture.url("tabletop-vlm"), to: folder)
      let file = folder.appending(path: "config.json")
      let text = try String(contentsOf: file, encoding: .utf8)
        .replacing("\"max_position_embeddings\": 512", with: "\"max_position_embeddings\": 26")
      try Data(text.utf8).write(to: file)
      let model = try VisionLanguageModel(MappedCheckpoint.open(folder.path))
      #expect(model.longest == 26)
      var options = VisionLanguageModel.Options()
      options.staysInContext = true
      options.limit = Int.max
      let summary = try model.generate(Self.turns, options: options) { _ in }
      #expect(summary.promptTokens + summary.tokens.count == 26 && !summary.ended)
    }
  }
}
