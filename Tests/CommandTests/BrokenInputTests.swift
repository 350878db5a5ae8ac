import Foundation
import TestSupport
import Testing

/// Every broken file in `fixtures/broken` makes the tool say one clear line and exit with 1.
@Suite struct BrokenInputTests {
  struct Expectation: Decodable, Sendable { let code: String; let tensor: String? }

  static let expected: [(path: String, expectation: Expectation)] = {
    let data = try! Data(contentsOf: Fixture.url("broken/EXPECTED.json"))
    return try! JSONDecoder().decode([String: Expectation].self, from: data)
      .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }()

  @Test(arguments: expected.filter { !$0.path.hasPrefix("hdf5/") }.map(\.path))
  func inspect(path: String) throws {
    // No checkpoint at all, and refused as such: what is wrong inside is for FilesTests.
    let isTable = path.hasPrefix("parquet/")
    let tensor = isTable ? nil : Self.expected.first { $0.path == path }?.expectation.tensor
    let run = try ToolProcess.run("inspect", Fixture.url("broken/" + path).path)
    guard Self.listed.contains(path) || path.hasPrefix(Self.listedFolder) else { return Self.check(run, path: path, naming: tensor) }
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
    #expect(
      run.output.contains("read as no model: ") || run.output.contains("mapped onto no model"), "\(run.output)")
    let conversion = try ToolProcess.run(
      "convert", Fixture.url("broken/" + path).path, "-o", "/tmp/vlmtool-never-written", "--dry-run")
    Self.check(conversion, path: path, naming: tensor)
  }

  /// Sound as files, though no checkpoint that could be mapped: `inspect` lists what is there, all others refuse it.
  static let listed: Set<String> = [
    "directory/two-files-without-index", "safetensors/gguf.safetensors", "weights/external-link.h5",
    "weights/no-weights.weights.h5",
    "weights/soft-link.weights.h5", "weights/strings.weights.h5",
  ]

  /// Wrong is what is said of a tokenizer, which is found when a text is to become tokens.
  static let listedFolder = "gguf-tokenizer/"

  @Test(arguments: expected.filter { $0.path.hasPrefix("hdf5/") }.map(\.path))
  func probe(path: String) throws {
    let run = try ToolProcess.run(
      "probe", "encoder", Fixture.url("tabletop-vlm").path, "--data", Fixture.url("broken/" + path).path,
      "--no-cache")
    Self.check(run, path: path, naming: nil)
  }

  private static func check(_ run: ToolProcess, path: String, naming tensor: String?) {
    #expect(run.status == 1, "\(path): \(run.errors)")
    #expect(run.output.isEmpty)
    let lines = run.errors.split(separator: "\n")
    #expect(lines.count == 1 && run.errors.hasPrefix("error: "), "\(run.errors)")
    #expect(run.errors.contains("broken/" + path), "\(run.errors)")
    // Very long names are shortened and control characters spelled out; the name itself is checked in CheckpointsTests.
    let isPlain = tensor.map {
      (1...80).contains($0.count) && $0.unicodeScalars.allSatisfy { (" "..."~").contains($0) }
    }
    if let tensor, isPlain == true { #expect(run.errors.contains(tensor), "\(run.errors)") }
  }
}
