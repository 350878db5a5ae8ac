import Files
import Foundation
import Policies
import Tensors
import TestSupport
import Testing

@testable import Mapping

/// What trains under VLM4VLA's rules, against their counts on the official classes; see fixtures/oracle/vlm4vla_freezing.py.
///
/// Here, where the listings of public models at full size are.
@Suite struct FreezePlanTests {
  static let golden = {
    let path = Fixture.url("policies/vlm4vla/freezing.json").path
    return try! JSONValue(parsing: Data(contentsOf: URL(filePath: path)), file: path, code: .policyMalformed)
  }()

  static let models = golden.objectValue!.keys.filter { $0 != "new_parameters" }.sorted()

  @Test(arguments: models) func countsEqualTheirs(model: String) throws {
    let golden = try #require(Self.golden[model])
    for dialect in PublicNamesTests.dialects(of: model) {
      let checkpoint = try NameListing("\(model)/\(dialect)").mapped()
      for setting in golden["settings"]!.arrayValue! {
        var settings = FreezePlan.Settings()
        settings.freezesBackbone = setting["freeze_backbone"]!.boolValue!
        settings.trainsVision = setting["train_vision"]!.boolValue!
        settings.trainsEmbeddings = setting["train_text_embedding"]!.boolValue!
        let last = setting["train_decoder_layers"]!.intValue!
        settings.lastLayers = last < 0 ? nil : last
        let plan = try FreezePlan(of: checkpoint, settings, chunk: 10)
        let trained = plan.rows.filter { $0.part != .query }.reduce(0) { $0 + $1.trainable }
        #expect(trained == setting["backbone"]!.intValue!, "\(dialect), \(setting["name"]!.stringValue!)")
        #expect(plan.parameters == golden["backbone"]!.intValue! + golden["new_parameters"]!["10"]!.intValue!)
      }
      let vision = try FreezePlan(of: checkpoint, FreezePlan.Settings())
      for (part, key) in [(FreezePlan.Part.vision, "vision"), (.merger, "merger"), (.projector, "projector"), (.embeddings, "embeddings")] {
        #expect(vision.rows.first { $0.part == part }?.parameters == golden["parts"]![key]?.intValue, "\(dialect), \(key)")
      }
    }
  }
}
