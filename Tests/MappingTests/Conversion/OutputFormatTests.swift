import Files
import Foundation
import TestSupport
import Tensors
import Testing

@testable import Checkpoints
@testable import Mapping

/// A new output format is a writer and a value: nothing else in the program knows which there are.
@Suite struct OutputFormatTests {
  /// A container of one file: the tensors one after the other, and a list of them beside it.
  private struct RawWriter: CheckpointWriter {
    let threads: Int

    func layout(of plan: [PlannedTensor]) -> FileLayout {
      var offset = 0
      var offsets: [FileLayout.TensorOffset] = []
      for (index, tensor) in plan.enumerated() {
        offsets.append(.init(index: index, offset: offset))
        offset += tensor.descriptor.byteCount
      }
      let lines = zip(plan, offsets).map { "\($0.descriptor.name) \($1.offset)\n" }
      return FileLayout(
        files: [.init(name: "weights.raw", header: [], offsets: offsets, byteCount: offset)],
        index: .init(name: "weights.list", text: lines.joined()))
    }

    func prepare(_ plan: [PlannedTensor], in directory: AtomicDirectory) throws(VLMError) -> FileLayout {
      let layout = layout(of: plan)
      try OutputFile(directory.stagedPath("weights.raw")).setByteCount(layout.byteCount)
      return layout
    }
  }

  private static let raw = OutputFormat(
    name: "raw", summary: "for tests", library: (FamilyFile.standardLibrary, "transformers"), takesDialect: true,
    copiesCompanions: false, madeFiles: { [("made.txt", Data($0.configuration.family.utf8))] },
    writer: { RawWriter(threads: $1.threads) })

  @Test func namesAreUnique() {
    let names = OutputFormat.all.map(\.name)
    #expect(Set(names).count == names.count && OutputFormat.all.allSatisfy { !$0.summary.isEmpty })
  }

  /// Dialects that are written have a format, and formats have dialects.
  @Test func librariesHaveFormats() throws {
    let written = Set(OutputFormat.all.compactMap(\.library?.name))
    #expect(try Set(FamilyCatalog.builtIn().files.filter { !$0.isReadOnly }.map(\.library)) == written)
  }

  @Test(arguments: ["families/siglip/transformers-4", "families/qwen2_vl/transformers-5"])
  func anAdditionIsAWriterAndAValue(path: String) throws {
    try Fixture.withTemporaryDirectory { directory in
      let source = try MappedCheckpoint.open(Fixture.url(path).path)
      let plan = try ConversionPlan(of: source, to: Self.raw, catalog: source.catalog)
      var options = Conversion.Options(output: directory.appending(path: "out").path)
      options.dryRun = true
      let planned = try Conversion.run(plan, options)
      options.dryRun = false
      let summary = try Conversion.run(plan, options)
      #expect(planned.bytes == summary.bytes && planned.shards == summary.shards)
      #expect(summary.target == "raw" && summary.shards.map(\.file) == ["weights.raw"] && summary.copiedFiles == [])
      let files = try FileManager.default.contentsOfDirectory(atPath: options.output).sorted()
      #expect(files == ["made.txt", "manifest.json", "weights.list", "weights.raw"])

      let data = try Data(contentsOf: directory.appending(path: "out/weights.raw"))
      let list = try String(contentsOf: directory.appending(path: "out/weights.list"), encoding: .utf8)
      let offsets = Dictionary(
        uniqueKeysWithValues: list.split(separator: "\n").map { line in
          let parts = line.split(separator: " ")
          return (String(parts[0]), Int(parts[1])!)
        })
      #expect(offsets.count == source.reader.tensors.count)
      for tensor in source.reader.tensors {
        let offset = try #require(offsets[tensor.name])
        #expect(
          try source.reader.withBytes(of: tensor.name) { Data($0) } == data[offset..<offset + tensor.byteCount],
          "\(tensor.name)")
      }
      let manifest = try JSONDecoder().decode(
        Manifest.self, from: Data(contentsOf: directory.appending(path: "out/manifest.json")))
      #expect(manifest.target == "raw" && Set(manifest.files.map(\.name)) == ["made.txt", "weights.list"])
    }
  }
}
