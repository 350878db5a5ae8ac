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
    try NameListing(name).expectExactCoverage()
  }

  @Test(arguments: listings) func countsParameters(name: String) throws {
    try NameListing(name).expectCounts()
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

  @Test(arguments: listings.filter { $0.hasSuffix("kerashub") })
  func leadsBackToTheSameNames(name: String) throws {
    try NameListing(name).expectTheSameNames(from: .keras)
  }
}
