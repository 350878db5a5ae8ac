import Files
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Mapping

/// Policies that no family file reads are told by name.
@Suite struct PolicyTypesTests {
  private func error(_ config: String) throws -> VLMError {
    let catalog = try FamilyCatalog.builtIn()
    let value = try JSONValue(parsing: Data(config.utf8), file: "config.json", code: .configSyntax)
    return try #require(throws: VLMError.self) {
      try catalog.detect(value, tensors: [], names: PlainNames([]), mayRename: true, file: "config.json")
    }
  }

  @Test(arguments: [
    (
      "act",
      "this policy holds no vision-language model: \"act\" is ACT, a ResNet and a transformer trained together"
    ),
    ("diffusion", "this policy holds no vision-language model: \"diffusion\" is Diffusion Policy"),
    ("xvla", "the policy \"xvla\" is built on Florence-2, which is no known family"),
    ("telepathy", "the policy \"telepathy\" is no known family"),
  ]) func saysWhatThePolicyIs(type: String, says: String) throws {
    let error = try error(#"{"type": "\#(type)", "input_features": {}}"#)
    #expect(error.code == .familyUnknown && error.message.hasPrefix(says))
  }

  /// Of a model of transformers, `type` says nothing.
  @Test func aModelTypeGoesFirst() throws {
    #expect(
      try error(#"{"model_type": "bert", "type": "act"}"#).message == "model_type \"bert\" is no known family"
    )
  }

  /// A type is either read or told of.
  @Test func noTypeIsBoth() throws {
    let read = try FamilyCatalog.builtIn().files.flatMap(\.configMarkers).joined().filter {
      $0.field == "type"
    }
    .flatMap(\.values).compactMap(\.stringValue)
    #expect(
      Set(read).isSuperset(of: ["smolvla", "groot", "vla_jepa", "eo1", "evo1", "pi0", "pi05", "pi0_fast"]))
    for type in read { #expect(PolicyTypes.refusal(of: type, file: "") == nil, "\(type)") }
  }
}
