import FoundationEssentials
import Mapping
import TestSupport
import Testing

@testable import Quantization

@Suite struct QuantizedFormatTests {
  @Test func namesAreUnique() {
    let names = QuantizedFormat.all.map(\.name)
    #expect(Set(names).count == names.count && QuantizedFormat.all.allSatisfy { !$0.summary.isEmpty })
  }

  /// A new format is a value: what it cannot hold stays as it was, and its configuration is its own to write.
  @Test func anAdditionIsAValue() throws {
    let toy = QuantizedFormat(
      name: "toy", summary: "for tests", output: .hf, layouts: [.compressedTensors(W8A8())],
      objection: { entry, _ in entry.name.contains(".mlp.") ? "kept by the toy" : nil },
      describe: { (plan, options, _) in plan.notes.append("described \(options.scheme.id)") })
    try Fixture.withTemporaryDirectory { directory in
      var options = try QuantizationOptions(output: directory.appending(path: "out").path, format: toy)
      options.conversion.dryRun = true
      let source = try MappedCheckpoint.open(Fixture.url("families/siglip/transformers-5").path)
      let report = try source.quantize(options)
      #expect(report.format == "toy" && report.conversion.target == "hf")
      #expect(report.conversion.notes.contains("described w8a8"))
      #expect(report.keptLayers.contains { $0.keptBecause == .format("kept by the toy") })
      #expect(report.keptLayers.allSatisfy { $0.name.contains(".mlp.") })
    }
  }

  /// What transformers was seen not to load (fixtures/oracle/check_compressed.py).
  @Test(arguments: [
    ("siglip/transformers-5", "w8a16", true), ("siglip/transformers-5", "w8a8", false), ("paligemma2/transformers-4", "w4a16", true),
    ("idefics3/transformers", "w8a16", false),
  ])
  func whatIsNotLoadedIsSaid(model: String, scheme: String, isSaid: Bool) throws {
    try Fixture.withTemporaryDirectory { directory in
      var options = try QuantizationOptions(
        output: directory.appending(path: "out").path, format: .compressedTensors, scheme: scheme, groupSize: scheme == "w4a16" ? 16 : nil)
      options.conversion.dryRun = true
      let report = try MappedCheckpoint.open(Fixture.url("families/\(model)").path).quantize(options)
      #expect(report.conversion.notes.contains { $0.contains("packed weights of SigLIP") } == isSaid)
    }
  }
}
