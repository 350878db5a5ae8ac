import Files
import Foundation
import Tensors
import Testing

@testable import Mapping

/// What a family file makes of the parts it uses, and what it says of bad ones.
@Suite struct FamilyPartTests {
  private static func part(_ name: String, _ text: String) throws -> FamilyPart {
    try FamilyPart(parsing: Data(text.utf8), file: "\(name).json5")
  }

  private static let tower = #"""
    {
      configuration: {
        vision: {
          type: "small",
          defaults: { small: { depth: 2, width: 8 }, large: { depth: 24, width: 64 } },
          depth: "$.depth", width: "$.width", registers: { if: [{ equal: ["$type", "large"] }, 4] },
          pooling: { if: [{ hasTensor: "head.w" }, "attention", "none"] },
        },
      },
      rename: [["norm.w", "vision.norm.weight"], ["blocks.{i}.w", "vision.blocks.{i}.norm1.weight"]],
      convert: [
        { from: "patch", to: "vision.patch_embedding.weight", by: [{ reshape: { from: ["vision.width", "*"], to: ["*"] } }] },
      ],
      ignore: [{ tensors: "ids", because: "a buffer" }],
    }
    """#

  private static func family(
    _ parts: String, _ extra: String = "", library: [FamilyPart]? = nil
  ) throws -> FamilyFile {
    let text = """
      {
        family: "toy", dialect: "one", title: "Toy",
        detect: { config: { model_type: ["toy"] }, tensors: ["a.norm.w"] },
        parts: [\(parts)],
        \(extra)
      }
      """
    let parts =
      try library ?? [part("tower", tower), part("outer", #"{ parts: [{ use: "tower", prefix: "in." }] }"#)]
    return try FamilyFile(parsing: Data(text.utf8), file: "toy.json5", parts: PartLibrary(parts))
  }

  /// A field of a section as `config` gives it.
  private static func value(
    _ file: FamilyFile, _ field: String, of section: String = "vision", _ config: String,
    tensors: Set<String> = []
  ) throws -> JSONValue? {
    let config = try JSONValue(parsing: Data(config.utf8), file: "config.json", code: .configSyntax)
    let section = try #require(file.sections.first { $0.name == section })
    let scope = try ConfigurationScope(
      root: config, section: section.scopes.compactMap { config.at($0) }.first ?? .object([:]),
      tensors: tensors,
      file: "config.json"
    ).fillingIn(section)
    let expression = try #require(section.fields.first { $0.name == field }?.value)
    return try scope.evaluate(expression, field: field)
  }

  @Test func namesGetThePrefix() throws {
    let file = try Self.family(#"{ use: "tower", prefix: "a." }"#)
    #expect(file.rule(forSource: "a.norm.w") != nil && file.rule(forSource: "norm.w") == nil)
    #expect(file.rule(forSource: "a.blocks.3.w")?.indexes == ["i": 3])
    #expect(file.ignoreReason(forSource: "a.ids") == "a buffer")
    #expect(file.rule(forSource: "a.patch") != nil)
  }

  @Test func prefixesAddUp() throws {
    let file = try Self.family(#"{ use: "outer", prefix: "a." }"#)
    #expect(file.rule(forSource: "a.in.norm.w") != nil)
  }

  @Test func aSecondEncoderHasRootAndSectionOfItsOwn() throws {
    let file = try Self.family(
      #"{ use: "tower", prefix: "a." }, { use: "tower", prefix: "b.", as: "fusedVision", type: "large" }"#)
    #expect(file.rule(forParameter: "vision.fused.blocks.1.norm1.weight") != nil)
    #expect(file.rule(forParameter: "vision.norm.weight") != nil)
    #expect(file.sections.map(\.name) == ["vision", "fusedVision"])
    #expect(try Self.value(file, "depth", "{}") == .int(2))
    #expect(try Self.value(file, "depth", of: "fusedVision", "{}") == .int(24))
    let rule = try #require(file.rules.first { $0.sources[0].text == "b.patch" })
    guard case .reshape(let from, _) = rule.transforms[0] else { return }
    #expect(from[0] == .product(["fusedVision.width"]))
  }

  @Test func configurationComesFromFileDefaultsAndFamily() throws {
    let file = try Self.family(
      #"{ use: "tower", prefix: "a.", at: ["tower"], type: ["$.model_type", "small"] }"#,
      "configuration: { vision: { registers: 7 } }")
    #expect(try Self.value(file, "width", "{}") == .int(8))
    #expect(try Self.value(file, "width", #"{"tower": {"width": 9}}"#) == .int(9))
    #expect(try Self.value(file, "width", #"{"tower": {"model_type": "large"}}"#) == .int(64))
    #expect(try Self.value(file, "registers", "{}") == .int(7))
    // A null says that there is none, which is not silence.
    #expect(try Self.value(file, "width", #"{"tower": {"width": null}}"#) == nil)
  }

  @Test func testsForTensorsUnderThePrefix() throws {
    let file = try Self.family(#"{ use: "tower", prefix: "a." }"#)
    #expect(try Self.value(file, "pooling", "{}", tensors: ["a.head.w"]) == .string("attention"))
    #expect(try Self.value(file, "pooling", "{}", tensors: ["head.w"]) == .string("none"))
  }

  @Test func unknownTypesAreRefused() throws {
    let file = try Self.family(#"{ use: "tower", prefix: "a.", type: "$.model_type" }"#)
    let error = #expect(throws: VLMError.self) { try Self.value(file, "width", #"{"model_type": "huge"}"#) }
    #expect(error?.code == .configUnsupported && error?.file == "config.json")
    #expect(
      error?.description.contains(#"vision "huge" is not known for this family (known: large, small)"#)
        == true)
  }

  @Test func pairsCanBeLeftOut() throws {
    let file = try Self.family(
      #"{ use: "tower", prefix: "a.", without: ["norm.w"] }"#, #"rename: [["b", "vision.norm.weight"]]"#)
    #expect(file.rule(forSource: "a.norm.w") == nil && file.rule(forSource: "b") != nil)
  }

  static let refusals: [(parts: String, extra: String, says: String)] = [
    (#"{ use: "towr" }"#, "", #"no part is called "towr" (did you mean "tower"?)"#),
    (#"{ use: "tower", prefx: "a." }"#, "", #"unknown key "prefx" in parts[0] (did you mean "prefix"?)"#),
    (#"{ prefix: "a." }"#, "", #"parts[0] has no "use""#),
    (#"{ use: "tower", as: "language" }"#, "", #"can only be "fusedVision""#),
    (#"{ use: "tower", without: ["nrm"] }"#, "", #"part "tower" renames no "nrm""#),
    (#"{ use: "tower" }, { use: "tower" }"#, "", "claim the same tensors"),
    (
      #"{ use: "tower" }"#, "configuration: { vision: { dept: 3 } }",
      #"no field "dept" (did you mean "depth"?)"#
    ),
    (#"{ use: "tower" }"#, #"configuration: { vision: { refuse: [{ when: true }] } }"#, #"has no "because""#),
    (
      #"{ use: "tower" }"#, #"configuration: { vision: { depth: 3 } }, configurationOf: "a.b""#,
      "exclude each other"
    ),
  ]

  @Test(arguments: refusals) func refuses(parts: String, extra: String, says: String) {
    let error = #expect(throws: VLMError.self) { try Self.family(parts, extra) }
    #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    #expect(error?.file == "toy.json5")
  }

  @Test func errorsNameThePartTheyAreIn() {
    let bad = [
      #"{ rename: [["a.{i", "vision.x"]] }"#, #"{ rename: [["a"]] }"#,
      #"{ convert: [{ from: "a", to: "b", by: [] }] }"#,
      #"{ renam: [] }"#, "{", #"{ rename: [["a", "b"], ["a", "c"]] }"#,
    ]
    for text in bad {
      let error = #expect(throws: VLMError.self) { try Self.part("bad", text) }
      #expect(error?.file == "parts/bad.json5", "\(error?.description ?? "")")
    }
    let late = #expect(throws: VLMError.self) {
      try Self.family(
        #"{ use: "bad" }"#,
        library: [try Self.part("bad", "{ configuration: { vision: { depth: { prodct: [1] } } } }")])
    }
    #expect(late?.file == "parts/bad.json5" && late?.message.contains("prodct") == true)
  }

  @Test func circlesAreRefused() throws {
    let circle = [
      try Self.part("one", #"{ parts: [{ use: "two" }] }"#),
      try Self.part("two", #"{ parts: [{ use: "one" }] }"#),
    ]
    let error = #expect(throws: VLMError.self) { try Self.family(#"{ use: "one" }"#, library: circle) }
    #expect(error?.message == "parts use each other in a circle")
  }

  /// Gate and up of all experts in one tensor, and back.
  @Test func expertsAreUnstackedAndCut() throws {
    let text = #"""
      convert: [{ from: "g.{i}", to: "language.{i}.[e].[gate,up]", by: [{ transpose: [0, 2, 1] }, { unstack: 0 }, { split: 0 }] }],
      configuration: {}
      """#
    let file = try Self.family("", text)
    let rule = file.rules[0]
    let symbols = ConfigurationSymbols(ModelConfiguration(family: "toy", dialect: "one"))
    // (expert, in, out): 3 experts, 2 in, 10 out.
    let source = TensorLayout(source: "g", shape: [3, 2, 10])
    let parts = try rule.apply([source], expected: Array(repeating: [5, 2], count: 6), symbols)
    func order(_ layout: TensorLayout, _ starts: [String: Int]) -> [Int] {
      var order: [Int] = []
      layout.forEachRun(in: 0..<layout.count) { source, from, _, stride, count in
        order += (0..<count).map { starts[source]! + from + $0 * stride }
      }
      return order
    }
    #expect(order(parts[1], ["g": 0]) == [5, 15, 6, 16, 7, 17, 8, 18, 9, 19])
    #expect(order(parts[4], ["g": 0]).first == 40)
    #expect(rule.name(rule.parameters, 5, ["i": 7]) == "language.7.2.up")
    let flat = (0..<6).map { TensorLayout(source: "p\($0)", shape: [5, 2]) }
    let back = try rule.undo(flat, count: 1, symbols)[0]
    #expect(back.shape == [3, 2, 10])
    let starts = Dictionary(uniqueKeysWithValues: (0..<6).map { ("p\($0)", $0 * 10) })
    // Row 0 of expert 0: the first column of its gate, then of its up.
    #expect(order(back, starts).prefix(10) == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18])
    #expect(order(back, starts).sorted() == Array(0..<60))
    var part: [Int] = []
    back.forEachRun(in: 15..<45) { source, from, _, stride, count in
      part += (0..<count).map { starts[source]! + from + $0 * stride }
    }
    #expect(part == Array(order(back, starts)[15..<45]))
  }
}
