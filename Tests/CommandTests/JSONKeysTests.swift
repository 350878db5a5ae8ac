import Foundation
import Reports
import TestSupport
import Testing

/// `formats/json.md` has every key of every command's `--json`, and no other.
@Suite struct JSONKeysTests {
  /// A line of the page: `components[].dtypes.*` stands for every name there, `configuration.**` for all below it, and
  /// `seconds?` is not always there.
  struct Key: Hashable {
    let path: String
    let isOptional: Bool
  }

  static let page = try! String(
    contentsOf: HouseTests.repository.appending(path: "formats/json.md"), encoding: .utf8)

  /// By schema.
  static let documented: [String: [Key]] = {
    var keys: [String: [Key]] = [:]
    var schemas: [String] = []
    for line in page.split(separator: "\n") {
      if line.hasPrefix("## ") {
        schemas = line.matches(of: /`(vlmtool\.[^`]+)`/).map { String($0.1) }
        for schema in schemas { keys[schema] = [] }
      } else if let row = line.firstMatch(of: /^\| `([^`]+?)(\?)?` \|/) {
        for schema in schemas { keys[schema]?.append(Key(path: String(row.1), isOptional: row.2 != nil)) }
      }
    }
    return keys
  }()

  @Test func everySchemaHasASection() {
    #expect(Set(Self.documented.keys) == Set(JSONSchema.allCases.map(\.rawValue)))
  }

  private static let model = Fixture.url("tabletop-vlm").path
  private static let small = [
    "--permutations", "100", "--folds", "3", "--frames", "240",
  ]

  /// Command lines whose output together has all keys; `OUT` stands for a fresh folder.
  static let commands: [[String]] = [
    ["inspect", model], ["inspect", model, "--tensors", "--statistics"],
    ["inspect", Fixture.url("tabletop-vlm/model.safetensors").path, "--tensors"],
    ["inspect", Fixture.url("containers/all_dtypes.safetensors").path, "--tensors", "--statistics"],
    ["convert", model, "-o", "OUT/runtime"], ["convert", model, "-o", "OUT/x", "--dry-run"],
    ["convert", model, "-o", "OUT/parts", "--part", "2/3"],
    ["quantize", model, "-o", "OUT/int8", "--image", Fixture.url("images/frame.png").path],
    ["quantize", model, "-o", "OUT/y", "--scheme", "w8a16", "--group-size", "96", "--dry-run"],
    ["inspect", Fixture.url("quantized/awq").path], ["inspect", "OUT/int8"], ["diff", model, "OUT/int8"],
    ["diff", Fixture.url("jarvis/stages/stage-2").path, Fixture.url("jarvis/stages/stage-3").path],
    [
      "verify", Fixture.url("families/qwen2_5_vl/transformers-4").path, "--reference",
      Fixture.url("families/qwen2_5_vl/reference.safetensors").path,
    ],
    [
      "verify", model, "--record", "OUT/taps.safetensors", "--image", Fixture.url("images/frame.png").path,
      "--prompt", "x",
    ],
    ["generate", model, "--prompt", "Describe the scene.", "--max-tokens", "3"],
    [
      "generate", model, "--prompt", "x", "--system", "y", "--max-tokens", "3", "--temperature", "1",
      "--top-k", "5",
    ],
    [
      "probe", "encoder", model, "--data", Fixture.url("demonstrations").path, "--cache", "OUT/cache",
      "--compare", "OUT/int8",
    ] + small,
    [
      "probe", "encoder", model, "OUT/int8", "--data", Fixture.url("demonstrations").path, "--no-cache", "--frames", "240",
    ],
    [
      "probe", "encoder", model, "--data", Fixture.url("demonstrations").path, "--frames", "240", "--part", "2/4", "--cache", "OUT/part",
    ],
    [
      "probe", "validate", model, "--data", Fixture.url("demonstrations").path, "--quick", "--frames", "240",
      "--target", "ee-position",
    ],
    ["data", "inspect", Fixture.url("lerobot/v3-images").path],
    ["data", "inspect", Fixture.url("datasets/shapes3d.h5").path],
    [
      "policy", "train", model, "--data", Fixture.url("demonstrations").path, "--no-cache", "--frames", "40", "--steps", "3",
      "-o", "OUT/policy.safetensors",
    ],
    [
      "policy", "run", "OUT/policy.safetensors", "--image", Fixture.url("images/frame.png").path, "--instruction", "push",
    ],
    [
      "policy", "evaluate", model, "--data", Fixture.url("demonstrations").path, "--no-cache", "--frames", "40", "--steps", "3",
    ],
    ["policy", "plan", model, "--last-layers", "1"], ["policy", "tables"],
    [
      "jarvis", "run", Fixture.url("jarvis/agent/model").path, "--frames", Fixture.url("jarvis/agent/frames/000.png").path,
      Fixture.url("jarvis/agent/frames/016.png").path, "--instruction", "hit the red pillar.", "--temperature", "4", "--top-k", "300",
      "--max-tokens", "4",
    ],
    ["jarvis", "decode", "151835,151861,11,151876,151897,151836", "nothing", "--chunk", "1"],
    ["jarvis", "encode", #"{"keys": ["inventory"]}"#],
    [
      "jarvis", "evaluate", "--questions", Fixture.url("jarvis/questions/questions.jsonl").path, "--from-answers",
      Fixture.url("jarvis/questions/answers.jsonl").path,
    ],
    ["jarvis", "evaluate", model, "--questions", Fixture.url("jarvis/questions/more.jsonl").path, "--max-tokens", "3"],
    ["cache", "list", "--cache", "OUT/cache"], ["cache", "clear", "--cache", "OUT/cache"], ["version"],
    ["formats"], ["formats", "qwen2_vl.transformers-5"],
    ["bench", "encoder", model, "--side", "56", "--runs", "1"],
    ["bench", "prefill", model, "--side", "56", "--runs", "1", "--tokens", "2"], ["bench", "kernels"],
    ["bench", "probe", "--runs", "1"],
    ["bench", "ladder", "--stages", "6", "--frames", "240", "--width", "32"],
  ]

  @Test func everyKeyIsDocumentedAndThere() throws {
    var seen: [String: Set<String>] = [:]
    try Fixture.withTemporaryDirectory { directory in
      for command in Self.commands {
        let arguments = command.map { $0.replacing("OUT", with: directory.path) }
        let run = try ToolProcess.run(arguments + ["--json"])
        #expect(run.status == 0, "\(command): \(run.errors)")
        let value = try JSONSerialization.jsonObject(with: Data(run.output.utf8))
        let schema = try #require((value as? [String: Any])?["schema"] as? String, "\(command)")
        Self.collect(value, "", into: &seen[schema, default: []])
      }
    }
    try PolicyServeTests.withPolicy { policy in
      try ServerProcess.run(["policy", "serve", policy]) { Self.collect($0.about, "", into: &seen["vlmtool.policy.serve/1", default: []]) }
    }
    try ServerProcess.run(["serve", Self.model, "--max-tokens", "9"]) {
      Self.collect($0.about, "", into: &seen["vlmtool.serve/1", default: []])
    }
    try JarvisCheckpoint.with { folder in
      let run = try ToolProcess.run("jarvis", "audit", folder.path, "--json")
      #expect(run.status == 0, "\(run.errors)")
      Self.collect(
        try JSONSerialization.jsonObject(with: Data(run.output.utf8)), "", into: &seen["vlmtool.jarvis.audit/1", default: []])
    }
    try HubCommandTests.withHub { environment, _ in
      let run = try ToolProcess.run(["download", "hf://org/name", "--json"], environment: environment)
      Self.collect(
        try JSONSerialization.jsonObject(with: Data(run.output.utf8)), "", into: &seen["vlmtool.download/1", default: []])
    }
    for (schema, paths) in seen.sorted(by: { $0.key < $1.key }) {
      let keys = Self.documented[schema] ?? []
      for path in paths.sorted() where !keys.contains(where: { Self.matches($0.path, path) }) {
        Issue.record("formats/json.md lacks, under \(schema):\n| `\(path)` | |")
      }
      for key in keys where !key.isOptional && !paths.contains(where: { Self.matches(key.path, $0) }) {
        Issue.record("formats/json.md has under \(schema) what no command prints: \(key.path)")
      }
    }
    #expect(Set(seen.keys) == Set(JSONSchema.allCases.map(\.rawValue)))
  }

  /// The paths of all values that are neither object nor list; of an empty one, its own.
  private static func collect(_ value: Any, _ path: String, into paths: inout Set<String>) {
    switch value {
    case let object as [String: Any]:
      if object.isEmpty { paths.insert(path + ".") }
      for (key, member) in object { collect(member, path.isEmpty ? key : "\(path).\(key)", into: &paths) }
    case let list as [Any]:
      if list.isEmpty { paths.insert(path + "[]") }
      for member in list { collect(member, path + "[]", into: &paths) }
    default: paths.insert(path)
    }
  }

  private static func matches(_ key: String, _ path: String) -> Bool {
    // Of what is empty only the beginning is known.
    if path.hasSuffix("[]") || path.hasSuffix("."), key.hasPrefix(path) { return true }
    let wanted = key.split(separator: ".", omittingEmptySubsequences: false)
    let found = path.split(separator: ".", omittingEmptySubsequences: false)
    for (index, part) in wanted.enumerated() {
      if part == "**" { return index < found.count }
      guard index < found.count else { return false }
      if part == "*" || part == "*[]" { continue }
      if part != found[index] { return false }
    }
    return wanted.count == found.count
  }
}
