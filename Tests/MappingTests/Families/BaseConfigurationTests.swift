import Files
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Mapping

@Suite struct BaseConfigurationTests {
  private func configuration(
    of name: String, changing: (inout [String: JSONValue]) -> Void
  ) throws -> ModelConfiguration {
    let listing = try NameListing(name)
    let data = try Data(contentsOf: Fixture.url("names/\(name).json"))
    var members = try #require(
      JSONValue(parsing: data, file: "config.json", code: .configSyntax).objectValue)
    changing(&members)
    let catalog = try FamilyCatalog.builtIn()
    let file = try #require(catalog["smolvla.lerobot"])
    return try catalog.configuration(
      of: file, config: .object(members), tensors: Set(listing.tensors.map(\.name)), path: "config.json")
  }

  @Test func aNamedModelGivesItsSizes() throws {
    let language = try #require(configuration(of: "smolvla/lerobot") { _ in }.language)
    #expect((language.depth, language.width, language.vocabularySize) == (16, 960, 49280))
  }

  /// None and less are all blocks, as in LeRobot.
  @Test(arguments: [-1, 0]) func aPolicyMayKeepAllBlocks(count: Int) throws {
    let all = try configuration(of: "smolvla/lerobot") { $0["num_vlm_layers"] = .int(count) }
    #expect(all.language?.depth == 32)
  }

  @Test func anotherModelNeedsItsConfiguration() throws {
    let error = try #require(throws: VLMError.self) {
      try configuration(of: "smolvla/lerobot") { $0["vlm_model_name"] = .string("me/my-vlm") }
    }
    #expect(error.code == .configUnsupported && error.message.contains(#"vlm_model_name is "me/my-vlm""#))
    #expect(error.remedy?.contains(#"under "vlm_config""#) == true)
  }

  @Test func itsOwnConfigurationWins() throws {
    let text = #"{"text_config": {"hidden_size": 960, "num_attention_heads": 15, "vocab_size": 7}}"#
    let own = try JSONValue(parsing: Data(text.utf8), file: "", code: .configSyntax)
    let found = try configuration(of: "smolvla/lerobot") {
      $0["vlm_model_name"] = .string("me/my-vlm")
      $0["vlm_config"] = own
    }
    #expect(found.language?.vocabularySize == 7)
  }

  /// EVO1: 14 blocks where it does not say, all where it says null, and the tensors tell which.
  @Test func theTensorsTellNullFromSilence() throws {
    let listing = try NameListing("evo1/evo1")
    let cut = try #require(listing.mapped().configuration.language)
    #expect(cut.depth == 14 && !cut.hasHead)
    let catalog = try FamilyCatalog.builtIn()
    let file = try #require(catalog["internvl.evo1"])
    for (block, depth) in [(13, 14), (14, 24)] {
      let tensor = "model.embedder.model.language_model.layers.\(block).input_layernorm.weight"
      let found = try catalog.configuration(
        of: file, config: .object([:]), tensors: [tensor], path: "config.json")
      #expect(found.language?.depth == depth)
    }
  }

  @Test func noBaseBesideAnothersConfiguration() {
    let text = FamilyFileTests.text(
      extra: #"base: { at: "inner", named: "a", standard: "b", known: { b: {} } },"#)
    #expect(throws: Never.self) { try FamilyFile(parsing: text, file: "toy", parts: PartLibrary([])) }
    let error = #expect(throws: VLMError.self) {
      try FamilyFile(
        parsing: FamilyFileTests.text(
          extra: #"base: { at: "inner", named: "a", standard: "c", known: { b: {} } },"#),
        file: "toy", parts: PartLibrary([]))
    }
    #expect(error?.message == #"base.known has no "c""#)
  }
}
