import Foundation
import Tensors
import TestSupport
import Testing

@testable import Mapping

@Suite struct FormatLibraryTests {
  static let library = try! FormatLibrary()

  @Test func listsEverything() throws {
    #expect(Self.library.families.count == (try FamilyCatalog.builtIn().files.count))
    #expect(Self.library.containers.map(\.name) == ["gguf", "hdf5", "mlx", "mp4", "npz", "parquet", "peft", "quantized", "safetensors", "tfrecord", "torch", "zarr"])
    #expect(Self.library.parts.contains("siglip-tower"))
  }

  @Test(arguments: [
    ("clip.transformers", "family"), ("kosmos2", "family"), ("siglip-tower", "part"),
    ("safetensors", "container"),
    ("guide", "guide"),
  ])
  func prints(name: String, kind: String) throws {
    let text = try Self.library.text(name)
    #expect(text.kind == kind)
    #expect(text.text.count > 100)
  }

  @Test(arguments: [
    ("clip", "ask for one: clip.kerashub"), ("clip.transformer", "did you mean \"clip.transformers\"?"),
    ("qwen", "no family"),
  ])
  func saysWhatThereIs(name: String, words: String) throws {
    let error = try #require(#expect(throws: VLMError.self) { try Self.library.text(name) })
    #expect("\(error)".contains(words), "\(error)")
  }

  /// What is printed with its parts written out is a family file that needs no parts and has the same rules.
  @Test(arguments: library.families.map(\.name)) func resolvedMeansTheSame(name: String) throws {
    let original = try #require(try FamilyCatalog.builtIn()[name])
    let text = try Self.library.text(name, resolved: true).text
    let resolved = try FamilyFile(parsing: Data(text.utf8), file: "resolved", parts: PartLibrary([]))
    #expect(resolved.uses.isEmpty)
    let ofPolicies = Set(try #require(try PartLibrary.builtIn().policy).listing.map(\.source))
    #expect(resolved.id == original.id && resolved.configurationOf == original.configurationOf)
    func rules(_ file: FamilyFile) -> [String] {
      // Those of a policy's query and head are in every family, whether it is written out or not.
      file.listing.filter { !ofPolicies.contains($0.source) }
        .map { "\($0.source) \($0.target) \($0.transforms.map(\.text)) \($0.isIgnored)" }
    }
    #expect(rules(resolved) == rules(original))
    #expect(resolved.sections.map(\.name) == original.sections.map(\.name))
    for (one, other) in zip(resolved.sections, original.sections) {
      #expect(one.defaults == other.defaults && one.scopes == other.scopes)
      #expect("\(one.fields) \(one.refusals)" == "\(other.fields) \(other.refusals)")
      #expect(
        "\(String(describing: one.condition)) \(String(describing: one.type))"
          == "\(String(describing: other.condition)) \(String(describing: other.type))")
    }
    #expect("\(resolved.configMarkers)" == "\(original.configMarkers)")
    #expect(resolved.tensorMarkers == original.tensorMarkers)
    #expect((resolved.base == nil) == (original.base == nil))
    #expect((resolved.template == nil) == (original.template == nil))
    #expect(resolved.caveats.count == original.caveats.count && resolved.refusals.count == original.refusals.count)
  }
}
