import Foundation
import Tensors
import TestSupport
import Testing

@testable import Mapping

@Suite struct InspectionTests {
  private func inspect(_ path: String, _ pattern: String? = nil) throws -> Inspection {
    var options = Inspection.Options()
    options.selecting = try pattern.map { try NamePick($0) }
    return try Inspection(of: Fixture.url(path).path, options)
  }

  @Test func aKnownFamilyHasNoListing() throws {
    let inspection = try inspect("tabletop-vlm")
    #expect(inspection.summary?.family == "qwen2_5_vl")
    #expect(inspection.listing == nil)
  }

  /// Names of the file and of the runtime stand side by side, and either selects.
  @Test(arguments: ["visual.blocks.0.attn.qkv.weight", "vision.blocks.0.attention.key.weight"])
  func tensorsOfAKnownFamily(name: String) throws {
    let inspection = try inspect("families/qwen2_5_vl/transformers-4", name)
    let tensors = try #require(inspection.listing?.tensors)
    #expect(tensors.map(\.name) == ["visual.blocks.0.attn.qkv.weight"])
    #expect(tensors[0].component == .vision)
    #expect(
      tensors[0].parameters == ["query", "key", "value"].map { "vision.blocks.0.attention.\($0).weight" })
  }

  @Test func withoutConfiguration() throws {
    let inspection = try inspect("containers/all_dtypes.safetensors")
    #expect(inspection.summary == nil)
    let listing = try #require(inspection.listing)
    #expect(listing.unmapped?.contains("config.json") == true)
    #expect(listing.count == listing.groups.reduce(0) { $0 + $1.tensors })
    #expect(listing.bytes == listing.groups.reduce(0) { $0 + $1.bytes })
  }

  /// A family that nobody knows, with a model's names: layers are folded, the module tree is cut into parts.
  @Test func anUnknownFamily() throws {
    try Fixture.withTemporaryDirectory { directory in
      for file in ["model.safetensors"] {
        try FileManager.default.copyItem(
          at: Fixture.url("tabletop-vlm").appending(path: file), to: directory.appending(path: file))
      }
      try Data("{\"model_type\": \"mystery\"}".utf8).write(to: directory.appending(path: "config.json"))
      let listing = try #require(try Inspection(of: directory.path, Inspection.Options()).listing)
      #expect(listing.unmapped?.contains("mystery") == true)
      #expect(listing.groups.count < listing.count / 2)
      #expect(listing.groups.contains { $0.name.contains("{0-5}") && $0.tensors == 6 }, "\(listing.groups)")
      #expect(listing.parts.reduce(0) { $0 + $1.bytes } == listing.bytes)
      #expect(listing.parts.count > 1)
    }
  }

  @Test func theListingOfDemonstrationsIsShort() throws {
    let listing = try #require(
      try inspect("demonstrations/lift_the_puck_to_the_blue_ball_demo.hdf5").listing)
    #expect(listing.container == "HDF5")
    #expect(
      listing.groups.contains { $0.name.hasPrefix("data/demo_{0-5}/") && $0.tensors == 6 },
      "\(listing.groups)")
  }

  /// A damaged file stays an error, and so does a folder without anything to list.
  @Test(arguments: [
    "broken/safetensors/overlap.safetensors", "broken/directory/archive-cut-off", "broken/directory/config-only",
    "broken/gguf/gap.gguf", "broken/weights/data-beyond-end.weights.h5",
  ])
  func whatIsDamagedIsRefused(path: String) {
    #expect(throws: VLMError.self) { try inspect(path) }
  }

  @Test func jsonHasSummaryAndListing() throws {
    let known = try JSONEncoder().encode(try inspect("tabletop-vlm", "*"))
    let object = try #require(try JSONSerialization.jsonObject(with: known) as? [String: Any])
    #expect(object["family"] as? String == "qwen2_5_vl")
    let listing = try #require(object["listing"] as? [String: Any])
    #expect((listing["tensors"] as? [Any])?.count == object["tensors"] as? Int)
  }
}
