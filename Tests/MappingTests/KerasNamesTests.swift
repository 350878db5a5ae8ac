import Checkpoints
import Tensors
import Testing

@testable import Mapping

/// Public models at full size as KerasHub and TensorFlow name them; `make_keras_names.py`.
@Suite struct KerasNamesTests {
  /// Those whose transformers dialects are listed as well.
  static let paired = [
    "clip-l14-336/kerashub", "clip-l14-336/tf2", "siglip-so400m-224/kerashub", "siglip-so400m-384/kerashub",
  ]
  static let listings =
    paired + [
      "paligemma-3b-224/kerashub", "paligemma2-3b-224/kerashub", "dinov2-large/kerashub",
      "dinov2-giant/kerashub",
      "dinov2-with-registers-large/kerashub", "vit-base-patch16-224/kerashub", "vit-base-patch16-224/tf2",
    ]

  @Test(arguments: listings) func coversExactly(name: String) throws {
    let listing = try NameListing(name)
    let checkpoint = try listing.mapped(exactly: false)
    #expect(
      checkpoint.coverage.error(file: name) == nil,
      "\(String(describing: checkpoint.coverage.error(file: name)))")
    let claimed = checkpoint.coverage.claims.flatMap(\.sources) + checkpoint.coverage.ignored.map(\.tensor)
    #expect(claimed.sorted() == listing.tensors.map(\.name))
  }

  /// The library counts the same elements in each part.
  @Test(arguments: listings) func countsParameters(name: String) throws {
    let listing = try NameListing(name)
    let summary = CheckpointSummary(try listing.mapped())
    let counts = Dictionary(uniqueKeysWithValues: summary.components.map { ($0.component, $0.parameters) })
    #expect(counts == listing.counts)
    #expect(summary.tensors == listing.tensors.count)
  }

  /// The same model has one configuration, whatever library wrote it.
  @Test(arguments: paired) func agreesWithTransformers(name: String) throws {
    let checkpoint = try NameListing(name).mapped()
    var ours = checkpoint.configuration
    let model = name.split(separator: "/")[0]
    let public4 = try NameListing("\(model)/transformers-4").mapped()
    ours.dialect = public4.configuration.dialect
    #expect(ours == public4.configuration)
    #expect(checkpoint.parameters.mapValues(\.shape) == public4.parameters.mapValues(\.shape))
  }

  @Test(arguments: listings.filter { $0.hasSuffix("kerashub") }) func leadsBackToTheSameNames(name: String)
    throws
  {
    let listing = try NameListing(name)
    let plan = try ConversionPlan(
      of: try listing.mapped(), to: .keras, catalog: try FamilyCatalog.builtIn(), companions: .none
    )
    #expect(plan.tensors.map(\.descriptor).sorted { $0.name < $1.name } == listing.tensors)
  }
}
