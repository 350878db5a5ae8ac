import Files
import Foundation
import Images
import Mapping
import Runtime
import Tensors
import TestSupport
import Testing
import Tokenizers

@testable import Checkpoints

/// GGUF files alone, without tokenizer and processor files beside them.
@Suite struct GGUFStandInTests {
  struct Expected: Decodable {
    let ids: [[Int]]
    let prefix: [Int]
    let texts: [String]
  }

  private static let tokenizers = Fixture.url("tokenizers")

  private static func decoded<T: Decodable>(_ url: URL) throws -> T {
    try JSONDecoder().decode(T.self, from: Data(contentsOf: url))
  }

  private func folder(_ file: GGUFFile, in directory: URL) -> ModelFolder {
    ModelFolder(directory.path, standIns: GGUFStandIns(file, projector: nil))
  }

  /// Metadata by llama.cpp's converter (`make_gguf_tokenizers.py`); ids and texts by the `tokenizers` package from the original file, of
  /// Gemma's by transformers from the metadata.
  @Test(arguments: ["qwen2", "llama3", "smolvlm", "gemma"]) func tokenizersAreThoseOfTheOriginals(name: String) throws {
    let lines: [String] = try Self.decoded(Self.tokenizers.appending(path: "lines.json"))
    let expected: Expected =
      name == "gemma"
      ? try Self.decoded(Fixture.url("containers/gguf/tokenizers/gemma.json"))
      : try #require((try Self.decoded(Self.tokenizers.appending(path: "expected.json")) as [String: Expected])[name])
    try Fixture.withTemporaryDirectory { directory in
      let file = try GGUFFile(Fixture.url("containers/gguf/tokenizers/\(name).gguf").path)
      let tokenizer = try Tokenizer(folder(file, in: directory))
      #expect(tokenizer.file == file.path)
      for (line, (ids, text)) in zip(lines, zip(expected.ids, expected.texts)) {
        #expect(try tokenizer.encode(line, addSpecialTokens: false) == ids, "\(line.debugDescription)")
        let whole = try tokenizer.encode(line, addSpecialTokens: true)
        #expect(whole == expected.prefix + ids, "\(line.debugDescription)")
        #expect(Array(try tokenizer.decode(whole, skipSpecialTokens: false).utf8) == Array(text.utf8), "\(line.debugDescription)")
      }
    }
  }

  @Test(arguments: [
    ("qwen2", nil, "<|im_end|>", ["<|im_end|>", "<|endoftext|>"]), ("llama3", "<|begin_of_text|>", "<|eot_id|>", ["<|eot_id|>", "<|end_of_text|>"]),
    ("smolvlm", "<|im_start|>", "<end_of_utterance>", ["<end_of_utterance>", "<|endoftext|>", "<|im_end|>"]),
    ("gemma", "<bos>", "<eos>", ["<eos>", "</s>", "<end_of_turn>"]),
  ]) func theirSpecialTokensAreNamed(name: String, bos: String?, eos: String, ends: [String]) throws {
    try Fixture.withTemporaryDirectory { directory in
      let file = try GGUFFile(Fixture.url("containers/gguf/tokenizers/\(name).gguf").path)
      let tokenizer = try Tokenizer(folder(file, in: directory))
      let special = tokenizer.specialTokens
      #expect(special.bos?.content == bos && special.eos?.content == eos)
      #expect(special.stopIDs == ends.compactMap(tokenizer.id), "\(special.stopIDs.map(tokenizer.token))")
    }
  }

  /// What lies in the folder counts, file by file.
  @Test func filesCountBeforeTheMetadata() throws {
    try Fixture.withTemporaryDirectory { directory in
      let file = try GGUFFile(Fixture.url("containers/gguf/tokenizers/qwen2.gguf").path)
      #expect(
        folder(file, in: directory).standInNames
          == ["chat_template.jinja", "generation_config.json", "tokenizer.json", "tokenizer_config.json"])
      try FileManager.default.copyItem(
        at: Self.tokenizers.appending(path: "llama3.json"), to: directory.appending(path: "tokenizer.json"))
      try #"{"chat_template": "none", "eos_token": "<|end_of_text|>"}"#.write(
        to: directory.appending(path: "tokenizer_config.json"), atomically: true, encoding: .utf8)
      let folder = folder(file, in: directory)
      #expect(folder.standInNames == ["generation_config.json"])
      #expect(try Tokenizer(folder).specialTokens.eos?.content == "<|end_of_text|>")
    }
  }

  /// A model that answers about a picture: in two files alone as in its folder.
  @Test func aModelOfTwoFilesAnswersAsItsOriginal() throws {
    try Fixture.withTemporaryDirectory { directory in
      let (original, gguf, alone, back) = (
        directory.appending(path: "original"), directory.appending(path: "gguf"), directory.appending(path: "alone"),
        directory.appending(path: "back")
      )
      try FileManager.default.copyItem(at: Fixture.url("tabletop-vlm"), to: original)
      try FileManager.default.removeItem(at: original.appending(path: "reference.safetensors"))
      let config = original.appending(path: "config.json")
      // llama.cpp takes every window to be of this size.
      try String(contentsOf: config, encoding: .utf8).replacing(/"window_size": 56/, with: "\"window_size\": 112").write(
        to: config, atomically: true, encoding: .utf8)
      let catalog = try FamilyCatalog.builtIn()
      func convert(_ source: URL, to format: OutputFormat, _ output: URL) throws -> ConversionPlan {
        let plan = try ConversionPlan(of: .open(source.path), to: format, catalog: catalog)
        _ = try Conversion.run(plan, Conversion.Options(output: output.path))
        return plan
      }
      _ = try convert(original, to: .gguf, gguf)
      try FileManager.default.createDirectory(at: alone, withIntermediateDirectories: false)
      for name in ["model.gguf", "mmproj.gguf"] {
        try FileManager.default.moveItem(at: gguf.appending(path: name), to: alone.appending(path: name))
      }
      let plan = try convert(alone, to: .hf, back)
      #expect(plan.companions.made.count == 5 && plan.notes.contains { $0.contains("made from the metadata") })
      let picture = try RGBImage(contentsOf: Fixture.url("images/frame.png").path)
      var options = VisionLanguageModel.Options()
      options.limit = 24
      let answers = try [original, alone, back].map { folder in
        try VisionLanguageModel(.open(folder.path)).generate("Describe the scene.", images: [picture], options: options) { _ in }
      }
      #expect(answers[0].tokens.count > 4)
      #expect(answers[1].tokens == answers[0].tokens && answers[1].text == answers[0].text && answers[1].promptTokens == answers[0].promptTokens)
      #expect(answers[2].tokens == answers[0].tokens && answers[2].text == answers[0].text)
    }
  }
}
