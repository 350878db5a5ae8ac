import Checkpoints
import Files
import Foundation
import Policies
import Tensors
import Testing

/// Against torch in f64 of the same numbers.
@Suite struct FCDecoderTests {
  /// The totals that the paper's table follows from, and those of the other widths by the same sums.
  @Test(arguments: [
    (1536, 10, 5_398_854), (2048, 10, 6_579_270), (2304, 10, 7_267_782), (2560, 10, 8_021_830), (3584, 10, 11_693_382),
    (4096, 10, 13_922_374), (2048, 4, 6_568_476), (2304, 4, 7_256_988), (2560, 4, 8_011_036), (3584, 4, 11_682_588),
    (4096, 4, 13_911_580),
  ])
  func parameterTotals(hidden: Int, chunk: Int, total: Int) {
    #expect(FCDecoder.Layout(hidden: hidden, chunk: chunk).parameterCount == total)
  }

  @Test func lossesAndTheirGradientsEqualTorch() throws {
    for item in try PolicyOracle.json("loss.json")["cases"]!.arrayValue! {
      let logits = item["logits"]!.numbers.map(Float.init)
      let chunk = item["logits"]![0].arrayValue!.count
      let output = FCDecoder.Output(arm: item["arm"]!.numbers.map(Float.init), gripper: logits)
      let chunks = PolicyOracle.chunks(
        arm: item["arm_label"]!.numbers.map(Float.init), gripper: item["gripper_label"]!.numbers.map(Float.init),
        mask: item["mask"].map { $0.arrayValue!.flatMap { $0.arrayValue!.map { $0.boolValue! ? 1 : 0 } } }, chunk: chunk)
      for (loss, key) in [(PolicyLoss.huber, "code"), (.squared, "paper")] {
        let result = try loss(output, chunks, layout: FCDecoder.Layout(hidden: 2, chunk: chunk))
        let expected = item[key]!
        for (ours, name) in [(result.total, "loss"), (result.arm, "arm"), (result.gripper, "gripper"), (result.gripperAccuracy, "accuracy")] {
          #expect(abs(ours - expected[name]!.doubleValue!) <= 1e-12 * max(1, abs(ours)), "\(item["name"]!.stringValue!) \(name)")
        }
        // Gradients are rounded to f32.
        #expect(apart(result.darm.map(Double.init), expected["arm_gradient"]!.numbers) <= 1e-8)
        #expect(apart(result.dgripper.map(Double.init), expected["logits_gradient"]!.numbers) <= 3e-8)
      }
    }
  }

  @Test(arguments: [(PolicyLoss.huber, "code"), (.squared, "paper")])
  func gradientsEqualTorch(loss: PolicyLoss, kind: String) throws {
    let golden = try PolicyOracle.Tensors("gradients.safetensors")
    let head = try PolicyOracle.head()
    let chunks = PolicyOracle.chunks(
      arm: try golden("arm_label"), gripper: try golden("gripper_label"), mask: try golden("mask"), chunk: 4)
    let (output, tape) = head.forward(try golden("features"), rows: 3)
    #expect(apart(output.arm, try golden("\(kind).arm")) <= 1e-5)
    #expect(apart(output.gripper, try golden("\(kind).gripper")) <= 1e-5)
    let result = try loss(output, chunks, layout: head.layout)
    let gradient = head.backward(tape, output, darm: result.darm, dgripper: result.dgripper)
    // 1e-5 of the largest, which is what the issue asks for.
    func agrees(_ ours: [Float], _ theirs: [Float], _ name: String) {
      let largest = theirs.reduce(0) { max($0, abs($1)) }
      #expect(apart(ours, theirs) <= 1e-5 * Double(max(largest, 1e-3)), "\(name)")
    }
    agrees(gradient.states, try golden("\(kind).features"), "states")
    for (name, layer) in gradient.parameters.layers {
      agrees(layer.bias, try golden("\(kind).\(name).bias"), name + ".bias")
      if golden.file.contains("\(kind).\(name).weight") {
        agrees(layer.weight, try golden("\(kind).\(name).weight"), name + ".weight")
        continue
      }
      // Too many to be kept: the product of what went in and the gradient at what came out.
      let (dy, x) = (try golden("\(kind).\(name).output_gradient"), try golden("\(kind).\(name).input"))
      var product = [Float](repeating: 0, count: layer.weight.count)
      for row in 0..<3 {
        for output in 0..<layer.outputs {
          let factor = dy[row * layer.outputs + output]
          if factor == 0 { continue }
          for input in 0..<layer.inputs { product[output * layer.inputs + input] += factor * x[row * layer.inputs + input] }
        }
      }
      agrees(layer.weight, product, name + ".weight")
    }
  }

  /// From the same weights on the same samples in the same order: 200 steps at a rate at which torch agrees with itself in f32 and f64,
  /// and 60 at one five times as large.
  @Test(arguments: 0..<4)
  func trainingEqualsTorch(run: Int) throws {
    let (golden, data) = (try PolicyOracle.json("training.json"), try PolicyOracle.Tensors("training.safetensors"))
    let expected = golden["runs"]![run]
    let loss = expected["loss"]!.stringValue! == "code" ? PolicyLoss.huber : .squared
    var settings = TrainingSettings()
    settings.loss = loss
    settings.learningRate = expected["rate"]!.doubleValue!
    settings.warmupSteps = golden["warmup"]!.intValue!
    settings.batch = golden["batch"]!.intValue!
    let samples = try samples(data)
    var head = try PolicyOracle.head()
    func quieten(_ layers: inout [DenseLayer], _ part: String) throws {
      for index in layers.indices {
        let name = "model.act_head.\(part)mlp.\(2 * index).bias"
        if data.file.contains(name) { layers[index].bias = try data(name) }
      }
    }
    try quieten(&head.arm, "actions.")
    try quieten(&head.gripper, "gripper.")
    try quieten(&head.trunk, "")
    var trainer = PolicyTrainer(head, settings: settings)
    let steps = expected["steps"]!
    var worst = 0.0
    for (step, batch) in golden["order"]!.arrayValue!.prefix(steps["loss"]!.arrayValue!.count).enumerated() {
      let record = try trainer.advance(samples, batch.arrayValue!.map { $0.intValue! })
      worst = max(worst, abs(record.loss - steps["loss"]![step].doubleValue!))
      #expect(abs(settings.rate(atStep: step + 1) - steps["rate"]![step].doubleValue!) < 1e-15)
    }
    #expect(worst <= 1e-4, "the largest difference of all losses is \(worst)")
    let (output, _) = trainer.head.forward(samples.states, rows: 64)
    let last = try loss(output, samples.chunks, layout: trainer.head.layout)
    #expect(abs(last.total - expected["final"]!["loss"]!.doubleValue!) <= 1e-4)
  }

  private func samples(_ data: PolicyOracle.Tensors) throws -> PolicyTrainer.Samples {
    PolicyTrainer.Samples(
      states: try data("features"), width: 32,
      chunks: PolicyOracle.chunks(
        arm: try data("arm_label"), gripper: try data("gripper_label"), mask: try data("mask"), chunk: 4))
  }

  /// The same bits on any number of threads, and from a step that was stopped at.
  @Test func trainingIsReproducible() throws {
    let samples = try samples(PolicyOracle.Tensors("training.safetensors"))
    var settings = TrainingSettings()
    settings.batch = 24
    settings.warmupSteps = 2
    func run(_ threads: Int) throws -> FCDecoder {
      let before = Parallel.threads
      Parallel.threads = threads
      defer { Parallel.threads = before }
      var trainer = PolicyTrainer(FCDecoder(FCDecoder.Layout(hidden: 32, chunk: 4), seed: 1), settings: settings)
      for _ in 0..<3 { _ = try trainer.advance(over: samples) }
      var resumed = PolicyTrainer(trainer.head, settings: settings, optimizer: trainer.optimizer)
      for _ in 0..<3 { _ = try resumed.advance(over: samples) }
      return resumed.head
    }
    let one = try run(1)
    #expect(try run(2) == one)
    var whole = PolicyTrainer(FCDecoder(FCDecoder.Layout(hidden: 32, chunk: 4), seed: 1), settings: settings)
    for _ in 0..<6 { _ = try whole.advance(over: samples) }
    #expect(whole.head == one)
  }
}
