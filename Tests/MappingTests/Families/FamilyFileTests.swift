import Foundation
import TestSupport
import Tensors
import Testing

@testable import Mapping

@Suite struct FamilyFileTests {
  /// A family file with some of its parts replaced.
  static func text(
    rename: String = #"["a.{i}.w", "vision.blocks.{i}.norm1.weight"]"#, convert: String = "",
    ignore: String = "",
    extra: String = "", configuration: String = "{}"
  ) -> Data {
    Data(
      """
      {
        family: "toy", dialect: "one", title: "Toy", // a comment
        detect: { config: { model_type: ["toy"] }, tensors: ["a.0.w"] },
        configuration: \(configuration),
        rename: [\(rename)],
        convert: [\(convert)],
        ignore: [\(ignore)],
        \(extra)
      }
      """.utf8)
  }

  struct Refusal: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let data: Data
    let code: VLMError.Code
    let says: String
  }

  static let refusals: [Refusal] = [
    Refusal(
      testDescription: "not JSON5", data: Data("{ family: ".utf8), code: .familySyntax, says: "not valid JSON"
    ),
    Refusal(
      testDescription: "key twice", data: text(extra: "rename: [],"), code: .familySyntax,
      says: #"the key "rename" is there twice"#),
    Refusal(
      testDescription: "unknown key", data: text(extra: "renames: [],"), code: .familyKey,
      says: #"unknown key "renames" in the file (did you mean "rename"?)"#),
    Refusal(
      testDescription: "unknown key in a rule", data: text(convert: #"{ from: "x", too: "y", by: [] }"#),
      code: .familyKey, says: #"unknown key "too" in convert[0] (did you mean "to"?)"#),
    Refusal(
      testDescription: "missing key", data: text(convert: #"{ from: "x", to: "y" }"#), code: .familyKey,
      says: #"convert[0] has no "by""#),
    Refusal(
      testDescription: "a caveat without a reason", data: text(extra: "caveats: [{ when: true }],"),
      code: .familyKey, says: #"caveats[0] has no "because""#),
    Refusal(
      testDescription: "unknown field", data: text(configuration: "{ vision: { dept: 3 } }"),
      code: .familyKey,
      says: #"configuration.vision has no field "dept" (did you mean "depth"?)"#),
    Refusal(
      testDescription: "unknown operation",
      data: text(configuration: "{ vision: { depth: { prodct: [1] } } }"),
      code: .familyExpression, says: #"unknown operation "prodct" (did you mean "product"?)"#),
    Refusal(
      testDescription: "bad path", data: text(configuration: #"{ vision: { depth: "$depth" } }"#),
      code: .familyExpression, says: #""$depth" is no path"#),
    Refusal(
      testDescription: "unknown transform",
      data: text(convert: #"{ from: "x", to: "y", by: [{ transposee: [1, 0] }] }"#),
      code: .familyTransform, says: #"unknown transform "transposee" (did you mean "transpose"?)"#),
    Refusal(
      testDescription: "no steps", data: text(convert: #"{ from: "x", to: "y", by: [] }"#),
      code: .familyTransform,
      says: "converted by nothing"),
    Refusal(
      testDescription: "no permutation",
      data: text(convert: #"{ from: "x", to: "y", by: [{ transpose: [0, 2] }] }"#),
      code: .familyNotInvertible, says: "no permutation"),
    Refusal(
      testDescription: "scale that rounds",
      data: text(convert: #"{ from: "x", to: "y", by: [{ scale: 45.25 }] }"#),
      code: .familyNotInvertible, says: "does not come back bit for bit"),
    Refusal(
      testDescription: "two unknown extents",
      data: text(convert: #"{ from: "x", to: "y", by: [{ reshape: { from: ["*", "*"], to: ["*"] } }] }"#),
      code: .familyNotInvertible, says: "two *"),
    Refusal(
      testDescription: "split into one", data: text(convert: #"{ from: "x", to: "y", by: [{ split: 0 }] }"#),
      code: .familyNotInvertible, says: "a cut into one parameter"),
    Refusal(
      testDescription: "list without split", data: text(rename: #"["x", "[y,z]"]"#),
      code: .familyNotInvertible,
      says: "nothing that takes the source apart"),
    Refusal(
      testDescription: "list without concat", data: text(rename: #"["[y,z]", "x"]"#),
      code: .familyNotInvertible,
      says: "nothing that joins them"),
    Refusal(
      testDescription: "index lost", data: text(rename: #"["a.{i}.{j}", "b.{i}"]"#),
      code: .familyNotInvertible,
      says: "{j} stands on one side only"),
    Refusal(
      testDescription: "alternatives differ", data: text(rename: #"["a.{x,y,z}", "b.{x,y}"]"#),
      code: .familyNotInvertible, says: "same number of alternatives"),
    Refusal(
      testDescription: "two rules for one tensor",
      data: text(rename: #"["a.{i}.w", "b.{i}"], ["a.0.{w,b}", "c.{w,b}"]"#), code: .familyAmbiguous,
      says: "claim the same tensors"),
    Refusal(
      testDescription: "ignored and claimed", data: text(ignore: #"{ tensors: "a.{j}.w", because: "no" }"#),
      code: .familyAmbiguous, says: "claim the same tensors"),
    Refusal(
      testDescription: "two rules for one parameter",
      data: text(rename: #"["a.{i}", "b.{i}"], ["c.{i}", "b.{i}"]"#),
      code: .familyAmbiguous, says: "fill the same parameters"),
    Refusal(
      testDescription: "open bracket", data: text(rename: #"["a.{i", "b.{i}"]"#), code: .familyPattern,
      says: "'{' is not closed"),
    Refusal(
      testDescription: "index beside a digit", data: text(rename: #"["a{i}2", "b{i}2"]"#),
      code: .familyPattern,
      says: "ambiguous"),
    Refusal(
      testDescription: "takes everything",
      data: Data(
        #"{family: "a", dialect: "b", title: "c", detect: {config: {}, tensors: []}, configuration: {}, rename: []}"#
          .utf8),
      code: .familyKey, says: "would take every checkpoint"),
  ]

  @Test(arguments: refusals) func refuses(refusal: Refusal) {
    let error = #expect(throws: VLMError.self) {
      try FamilyFile(parsing: refusal.data, file: "toy.json5", parts: PartLibrary([]))
    }
    #expect(error?.code == refusal.code, "\(error?.description ?? "")")
    #expect(error?.description.contains(refusal.says) == true, "\(error?.description ?? "")")
    #expect(error?.file == "toy.json5")
  }

  @Test func syntaxErrorsSayWhere() {
    let error = #expect(throws: VLMError.self) {
      try FamilyFile(parsing: Data("{\n  family: @\n}".utf8), file: "toy.json5", parts: PartLibrary([]))
    }
    #expect(
      error?.message.contains("line 2, column 11: '@' stands where a value should be") == true,
      "\(error?.description ?? "")")
  }

  @Test func findsRulesByName() throws {
    let file = try FamilyFile(
      parsing: Self.text(
        rename: #"["a.{i}.w{1,2}", "vision.{i}.norm{1,2}"], ["a.0b.x", "vision.x"]"#,
        ignore: #"{ tensors: "{a,b}.ids", because: "a buffer" }"#), file: "toy.json5", parts: PartLibrary([]))
    #expect(file.rule(forSource: "a.12.w2")?.indexes == ["i": 12])
    #expect(file.rule(forSource: "a.12.w3") == nil)
    #expect(file.rule(forSource: "a.012.w1") == nil)
    #expect(file.rule(forSource: "a.0b.x") != nil)
    #expect(file.rule(forSource: "a.1b.x") == nil)
    #expect(file.rule(forParameter: "vision.3.norm1")?.indexes == ["i": 3])
    #expect(file.ignoreReason(forSource: "b.ids") == "a buffer")
    #expect(file.ignoreReason(forSource: "c.ids") == nil)
  }

  @Test func addsAFamilyAtRunTime() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "toy.json5")
      try Self.text().write(to: path)
      let catalog = try MappedCheckpoint.catalog(adding: path.path)
      #expect(catalog["toy.one"] != nil)
      #expect(catalog.files.count == (try FamilyCatalog.builtIn()).files.count + 1)
    }
  }
}
