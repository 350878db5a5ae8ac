import Tensors
import Testing

@testable import Mapping

/// `{_i}`: layers of one class as Keras numbers them.
@Suite struct NameTemplateTests {
  private func template(_ pattern: String) throws -> NameTemplate {
    try NamePattern(pattern, file: "f.json5").templates(choosing: [])[0]
  }

  @Test(
    arguments: [
      ("layers/encoder_layer/dense_1/vars/0", 0), ("layers/encoder_layer_1/dense_1/vars/0", 1),
      ("layers/encoder_layer_26/dense_1/vars/0", 26),
    ] as [(String, Int)])
  func ordinalsLeadBothWays(name: String, index: Int) throws {
    let template = try template("layers/encoder_layer{_i}/dense_1/vars/0")
    #expect(template.match(DigitRuns(name)) == ["i": index])
    #expect(template.name(["i": index]) == name)
  }

  /// A name that would come back otherwise is not this one.
  @Test(arguments: [
    "layers/encoder_layer_0/dense_1/vars/0", "layers/encoder_layer_01/dense_1/vars/0",
    "layers/encoder_layer_1/dense_2/vars/0", "layers/encoder_layer_/dense_1/vars/0",
    "layers/encoder_layer1/dense_1/vars/0", "layers/encoder_layer_1_2/dense_1/vars/0",
  ]) func matchesNothingElse(name: String) throws {
    #expect(try template("layers/encoder_layer{_i}/dense_1/vars/0").match(DigitRuns(name)) == nil)
  }

  @Test func overlapsWithBothSpellings() throws {
    let ordinal = try template("a{_i}/vars/0")
    #expect(ordinal.overlaps(try template("a/vars/0")))
    #expect(ordinal.overlaps(try template("a_3/vars/0")))
    #expect(ordinal.overlaps(try template("a_{j}/vars/0")))
    #expect(!ordinal.overlaps(try template("a/vars/1")))
    #expect(!ordinal.overlaps(try template("b{_i}/vars/0")))
  }

  @Test func listsNameTheirFields() throws {
    let template = try template("v.deepstack.{k=projector.deepstackBlocks}.norm.weight")
    #expect(template.lists == ["k": "projector.deepstackBlocks"])
    #expect(template.match(DigitRuns("v.deepstack.8.norm.weight")) == ["k": 8])
  }

  @Test(arguments: ["a{k=plain}/b", "a{k=}/b", "a{=a.b}/b", "a{k=a.b=c}/b", "a{_k=a.b}/b", "a[k=a.b]/b", "a{_}/b", "a{_i}/b{_j}", "a{_1}/b", "a[_i]/b"])
  func refusesWhatCannotBeRead(pattern: String) {
    let error = #expect(throws: VLMError.self) { try NamePattern(pattern, file: "f.json5") }
    #expect(error?.code == .familyPattern)
  }
}
