import Files
import Foundation
import Tensors
import TestSupport
import Testing
import Tokenizers

@testable import ChatTemplates

@Suite struct ChatTemplateTests {
  static func template(_ family: String) throws -> ChatTemplate {
    let file = Cases.root.appending(path: "\(family).jinja")
    return try ChatTemplate(source: String(contentsOf: file, encoding: .utf8), file: file.path)
  }

  /// Every family's template on every conversation, with and without the switches it knows.
  @Test(arguments: Cases.families) func rendersAsTransformers(example: Cases.Case) throws {
    var variables: [String: JinjaValue] = [
      "tools": .none, "documents": .none, "add_generation_prompt": .bool(false),
    ]
    variables.merge(Cases.variables(example)) { $1 }
    variables["messages"] = Cases.messages(example.conversation)
    let template = try Self.template(example.template)
    if let expected = example.expected {
      let text = try template.render(variables: variables)
      #expect(
        Array(text.utf8) == Array(expected.utf8), "\(text.debugDescription) \(expected.debugDescription)")
    } else {
      let error = #expect(throws: VLMError.self) { try template.render(variables: variables) }
      #expect(error?.message.hasPrefix("line ") == true)
    }
  }

  /// The same through the public door.
  @Test func rendersMessages() throws {
    let prompt = try Self.template("qwen2_vl").render(
      [ChatMessage(role: "user", content: [.image, .text("What is this?")])], addGenerationPrompt: true)
    #expect(
      prompt == """
        <|im_start|>system
        You are a helpful assistant.<|im_end|>
        <|im_start|>user
        <|vision_start|><|image_pad|><|vision_end|>What is this?<|im_end|>
        <|im_start|>assistant

        """)
    let thinking = try Self.template("qwen3_vl").render(
      [ChatMessage(role: "user", content: "Hi")], addGenerationPrompt: true,
      options: ["enable_thinking": false])
    #expect(thinking == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n")
    let llama = try Self.template("llama3").render(
      [ChatMessage(role: "user", content: "Hi")], addGenerationPrompt: false, tokens: ["bos_token": "<s>"],
      now: Date(timeIntervalSince1970: 1_780_000_000))
    #expect(llama.hasPrefix("<s>") && llama.contains("Today Date: 2026\n"))
  }

  @Test func namesTheLineThatRefuses() throws {
    let template = try Self.template("gemma")
    let turns = [ChatMessage(role: "user", content: "a"), ChatMessage(role: "user", content: "b")]
    let error = #expect(throws: VLMError.self) { try template.render(turns, addGenerationPrompt: true) }
    #expect(error?.code == .templateRaised)
    #expect(
      error?.message.hasPrefix("line 19: the template refuses: Conversation roles must alternate") == true)
    #expect(error?.file?.hasSuffix("gemma.jinja") == true)
  }

  /// The fixture's own tokenizer and template, as `generate` uses them.
  @Test func makesIDsOfAPrompt() throws {
    let directory = Fixture.url("tabletop-vlm").path
    let tokenizer = try Tokenizer(ModelFolder(directory))
    let template = try #require(try ChatTemplate(ModelFolder(directory)))
    let prompt = try template.render(
      [ChatMessage(role: "user", content: [.image, .text("Where is the puck?")])], addGenerationPrompt: true,
      tokens: tokenizer.specialTokens.named)
    let ids = try tokenizer.encode(prompt, addSpecialTokens: false)
    #expect(ids.first == tokenizer.id(of: "<|im_start|>"))
    #expect(ids.count { $0 == tokenizer.id(of: "<|image_pad|>") } == 1)
    #expect(try tokenizer.decode(ids, skipSpecialTokens: false) == prompt)
  }

  @Suite struct Files {
    static func template(_ files: [String: String]) throws -> ChatTemplate? {
      try Fixture.withTemporaryDirectory { directory in
        for (name, text) in files { try Data(text.utf8).write(to: directory.appending(path: name)) }
        return try ChatTemplate(ModelFolder(directory.path))
      }
    }

    static func rendered(_ files: [String: String]) throws -> String? {
      try template(files)?.render([], addGenerationPrompt: false)
    }

    @Test func areLookedForInOrder() throws {
      let all = [
        "chat_template.jinja": "1", "chat_template.json": #"{"chat_template": "2"}"#,
        "processor_config.json": #"{"chat_template": "3"}"#,
        "tokenizer_config.json": #"{"chat_template": "4"}"#,
      ]
      var left = all
      for (name, expected) in [
        ("chat_template.jinja", "1"), ("chat_template.json", "2"), ("processor_config.json", "3"),
        ("tokenizer_config.json", "4"),
      ] {
        #expect(try Self.rendered(left) == expected)
        left[name] = nil
      }
      #expect(try Self.rendered(left) == nil)
      #expect(try Self.rendered(["tokenizer_config.json": #"{"chat_template": null}"#]) == nil)
    }

    @Test func mayHoldSeveralTemplates() throws {
      let list = #"[{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]"#
      #expect(try Self.rendered(["tokenizer_config.json": #"{"chat_template": \#(list)}"#]) == "d")
      #expect(try Self.rendered(["chat_template.json": #"{"chat_template": {"default": "e"}}"#]) == "e")
      for broken in ["5", #"[{"name": "tool_use", "template": "t"}]"#, #"[{"name": "default"}]"#] {
        #expect(throws: VLMError.self) {
          try Self.rendered(["chat_template.json": #"{"chat_template": \#(broken)}"#])
        }
      }
    }

    @Test func thatAreNoTextAreRefused() throws {
      try Fixture.withTemporaryDirectory { directory in
        try Data([0xFF, 0xFE]).write(to: directory.appending(path: "chat_template.jinja"))
        let error = #expect(throws: VLMError.self) { try ChatTemplate(ModelFolder(directory.path)) }
        #expect(error?.code == .templateField)
      }
    }
  }
}
