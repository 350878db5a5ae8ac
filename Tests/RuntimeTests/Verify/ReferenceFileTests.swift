import Foundation
import Mapping
import Runtime
import Tensors
import TestSupport
import Testing

/// What `verify` makes of references that do not fit the model or themselves.
@Suite struct ReferenceFileTests {
  struct Entry {
    let name: String
    let dtype: String
    let shape: [Int]
    let data: Data

    init(_ name: String, floats values: [Float], _ shape: [Int]) {
      self.init(name, "F32", values.withUnsafeBytes { Data($0) }, shape)
    }

    init(_ name: String, integers values: [Int64], _ shape: [Int]) {
      self.init(name, "I64", values.withUnsafeBytes { Data($0) }, shape)
    }

    init(_ name: String, _ dtype: String, _ data: Data, _ shape: [Int]) {
      (self.name, self.dtype, self.shape, self.data) = (name, dtype, shape, data)
    }
  }

  static func write(_ entries: [Entry], to url: URL) throws {
    var offset = 0
    var header: [String: Any] = [:]
    for entry in entries {
      header[entry.name] =
        [
          "dtype": entry.dtype, "shape": entry.shape, "data_offsets": [offset, offset + entry.data.count],
        ] as [String: Any]
      offset += entry.data.count
    }
    var text = try JSONSerialization.data(withJSONObject: header)
    while text.count % 8 != 0 { text.append(0x20) }
    var file = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) }
    file.append(text)
    for entry in entries { file.append(entry.data) }
    try file.write(to: url)
  }

  static let patches = Entry(
    "input.pixel_values", floats: Array(repeating: 0.25, count: 16 * 1176), [16, 1176])
  static let grid = Entry("input.image_grid_thw", integers: [1, 4, 4], [1, 3])
  static let tap = Entry("vision.embeddings", floats: Array(repeating: 0, count: 16 * 32), [16, 32])

  static func verify(
    _ entries: [Entry], family: String = "qwen2_vl", only: Set<ModelComponent> = []
  ) throws -> VerificationReport {
    try Fixture.withTemporaryDirectory { directory in
      let file = directory.appending(path: "reference.safetensors")
      try write(entries, to: file)
      return try Verification.run(
        try MappedCheckpoint.open(Fixture.url("families/\(family)/transformers-5").path),
        reference: file.path, only: only)
    }
  }

  static let refused: [(String, [Entry])] = [
    ("no pixels", [grid, tap]), ("no grid", [patches, tap]),
    ("grid of two", [patches, Entry("input.image_grid_thw", integers: [4, 4], [1, 2]), tap]),
    ("grid of nothing", [patches, Entry("input.image_grid_thw", integers: [1, 0, 4], [1, 3]), tap]),
    ("negative grid", [patches, Entry("input.image_grid_thw", integers: [-1, -4, 4], [1, 3]), tap]),
    (
      "enormous grid",
      [patches, Entry("input.image_grid_thw", integers: [1 << 40, 1 << 40, 4], [1, 3]), tap]
    ),
    ("too few patches", [patches, Entry("input.image_grid_thw", integers: [1, 4, 8], [1, 3]), tap]),
    ("too many patches", [patches, Entry("input.image_grid_thw", integers: [1, 2, 4], [1, 3]), tap]),
    ("odd grid", [patches, Entry("input.image_grid_thw", integers: [1, 1, 16], [1, 3]), tap]),
    ("float grid", [patches, Entry("input.image_grid_thw", floats: [1, 4, 4], [1, 3]), tap]),
    (
      "integer pixels",
      [Entry("input.pixel_values", integers: Array(repeating: 0, count: 16), [16, 1]), grid, tap]
    ),
    (
      "narrow patches",
      [Entry("input.pixel_values", floats: Array(repeating: 0, count: 16 * 588), [16, 588]), grid, tap]
    ),
    (
      "pixels of rank 3",
      [Entry("input.pixel_values", floats: Array(repeating: 0, count: 64), [4, 4, 4]), grid, tap]
    ),
    (
      "two channels",
      [Entry("input.pixel_values", floats: Array(repeating: 0, count: 2 * 56 * 56), [1, 2, 56, 56]), tap]
    ),
    ("no patches", [Entry("input.pixel_values", floats: [], [0, 1176]), grid, tap]),
    ("endless empty pictures", [Entry("input.pixel_values", floats: [], [1 << 40, 0, 8, 8]), tap]),
    ("neither pixels nor tokens", [tap]),
    ("unknown input", [patches, grid, Entry("input.video", floats: [0], [1]), tap]),
    ("no taps", [patches, grid]),
  ]

  @Test(arguments: refused) func refuses(_ what: String, _ entries: [Entry]) throws {
    let error = try #require(throws: VLMError.self) { _ = try Self.verify(entries) }
    #expect(error.code.rawValue.hasPrefix("runtime."), "\(what): \(error)")
  }

  @Test(arguments: [16 * 32, 1]) func failsOnOtherValuesAndOtherLengths(faults: Int) throws {
    let short = Entry("vision.blocks.0", floats: [1, 2, 3], [3])
    let values = Array(repeating: .nan, count: faults) + Array(repeating: Float(0), count: 16 * 32 - faults)
    let notFinite = Entry("vision.blocks.1", floats: values, [16, 32])
    let unknown = Entry("vision.attention.0", floats: [1], [1])
    let report = try Self.verify([Self.patches, Self.grid, Self.tap, short, notFinite, unknown])
    #expect(!report.passed)
    #expect(
      report.taps.map(\.name) == [
        "vision.embeddings", "vision.blocks.0", "vision.blocks.1", "vision.attention.0",
      ])
    let failed = report.taps.map(\.passed)
    #expect(failed == [false, false, false, false])
    #expect(report.taps[1].defect == "has 512 values, the reference 3")
    #expect(report.taps[2].defect == "is not finite throughout" && report.taps[2].relativeError == nil)
    #expect(report.taps[3].defect == "is not produced by this runtime")
    #expect(throws: VLMError.self) {
      try Self.verify([Self.patches, Self.grid, Self.tap], only: [.language])
    }
  }

  @Test func encodesAsJSON() throws {
    let report = try Self.verify([Self.patches, Self.grid, Self.tap], only: [.vision])
    let object = try #require(
      try JSONSerialization.jsonObject(with: JSONEncoder().encode(report)) as? [String: Any])
    #expect(object["passed"] as? Bool == false && object["precision"] as? String == "stored")
    #expect(object["only"] as? [String] == ["vision"])
    #expect((object["taps"] as? [[String: Any]])?.first?["name"] as? String == "vision.embeddings")
  }
}
