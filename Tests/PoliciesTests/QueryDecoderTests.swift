import Checkpoints
@testable import Files
import Foundation
import Mapping
import Policies
@testable import Runtime
import Tensors
import TestSupport
import Testing

/// A query trained through a frozen language model, against torch; see fixtures/oracle/make_vlm4vla.py (`whole`, `query`).
@Suite struct QueryDecoderTests {
  private func checkpoint<R>(_ body: (MappedCheckpoint) throws -> R) throws -> R {
    try Fixture.withTemporaryDirectory { folder in
      let source = Fixture.url(PolicyOracle.folder + "whole")
      let packed = try Data(contentsOf: source.appending(path: "policy.safetensors.gz"))
      try Data(PolicyOracle.gunzipped(packed)).write(to: folder.appending(path: "model.safetensors"))
      try FileManager.default.copyItem(
        at: source.appending(path: "config.json"), to: folder.appending(path: "config.json"))
      return try body(MappedCheckpoint.open(folder.path))
    }
  }

  /// Twenty rows before the query, all given as if they were of a picture.
  private func contexts(_ checkpoint: MappedCheckpoint, _ rows: [Float], query: [Float]) throws -> [QueryContext] {
    let model = try LanguageModel(checkpoint, precision: .float32)
    let width = query.count
    return try (0..<8).map { sample in
      let values = FloatTensor(Array(rows[sample * 20 * width..<(sample + 1) * 20 * width]), shape: [20, width])
      let seen = ImageFeatures(
        StageActivation(values: values, pictures: [PictureTokens(rows: Array(0..<20), grid: nil)]))
      return try model.context(
        Prompt(
          [Int](repeating: 0, count: 20), images: [seen], imageRows: Array(0..<20), query: query, countsTokens: true,
          for: model.language))
    }
  }

  @Test(arguments: 0..<4) func trainingEqualsTorch(run: Int) throws {
    try checkpoint { checkpoint in
      #expect(checkpoint.configuration.policy?.chunk == 4 && checkpoint.coverage.isExact)
      let (golden, data) = (try PolicyOracle.json("query.json"), try PolicyOracle.Tensors("query.safetensors"))
      let expected = golden["runs"]![run]
      let begin =
        expected["start"]!.stringValue! == "drawn" ? try data("drawn") : [Float](repeating: 0, count: 32)
      let decoder = try QueryDecoder(checkpoint)
      let contexts = try contexts(checkpoint, data("inputs"), query: begin)
      let chunks = PolicyOracle.chunks(
        arm: try data("arm_label"), gripper: try data("gripper_label"), mask: try data("mask"), chunk: 4)
      var settings = TrainingSettings()
      settings.loss = expected["loss"]!.stringValue! == "code" ? .huber : .squared
      settings.learningRate = golden["rate"]!.doubleValue!
      settings.warmupSteps = golden["warmup"]!.intValue!
      let head = try PolicyOracle.head()

      let (states, tape) = decoder.forward(begin, contexts)
      let first = expected["first_state"]!.numbers
      #expect(apart(states.map(Double.init), first) <= 1e-5 * first.reduce(1) { max($0, abs($1)) })
      let (output, headTape) = head.forward(states, rows: 8)
      let loss = try settings.loss(output, chunks, layout: head.layout)
      let gradient = decoder.backward(
        tape, states: head.backward(headTape, output, darm: loss.darm, dgripper: loss.dgripper).states)
      let theirs = expected["first_gradient"]!.numbers
      #expect(apart(gradient.map(Double.init), theirs) <= 1e-5 * theirs.reduce(0) { max($0, abs($1)) })

      var trainer = PolicyTrainer(head, query: begin, settings: settings)
      var worst = 0.0
      for step in expected["steps"]!["loss"]!.numbers {
        worst = max(worst, abs(try trainer.advance(decoder, contexts, chunks).loss - step))
      }
      #expect(worst <= 1e-4, "the largest difference of all losses is \(worst)")
      #expect(apart(trainer.query!.map(Double.init), expected["query"]!.numbers) <= 1e-5)
    }
  }

  /// The row by itself is what the whole model makes of it.
  @Test func equalsTheModel() throws {
    try checkpoint { checkpoint in
      let data = try PolicyOracle.Tensors("query.safetensors")
      let query = try data("drawn")
      let contexts = try contexts(checkpoint, data("inputs"), query: query)
      let (states, _) = try QueryDecoder(checkpoint).forward(query, contexts)
      let model = try LanguageModel(checkpoint, precision: .float32)
      let values = FloatTensor(Array(try data("inputs").prefix(20 * 32)), shape: [20, 32])
      let seen = ImageFeatures(StageActivation(values: values, pictures: [PictureTokens(rows: Array(0..<20), grid: nil)]))
      let whole = try model.lastState(
        Prompt(
          [Int](repeating: 0, count: 20), images: [seen], imageRows: Array(0..<20), query: query, countsTokens: true,
          for: model.language))
      #expect(apart(Array(states.prefix(32)), whole) <= 1e-5)
    }
  }
}
