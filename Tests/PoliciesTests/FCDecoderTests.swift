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

  /// 200 steps from the same weights on the same samples in the same order.
  @Test(arguments: [(PolicyLoss.huber, "code"), (.squared, "paper")])
  func trainingEqualsTorch(loss: PolicyLoss, kind: String) throws {
    let (golden, data) = (try PolicyOracle.json("training.json"), try PolicyOracle.Tensors("training.safetensors"))
    var settings = TrainingSettings()
    settings.loss = loss
    settings.learningRate = golden["rate"]!.doubleValue!
    settings.warmupSteps = golden["warmup"]!.intValue!
    settings.batch = golden["batch"]!.intValue!
    let samples = PolicyTrainer.Samples(
      states: try data("features"), width: 32,
      chunks: PolicyOracle.chunks(
        arm: try data("arm_label"), gripper: try data("gripper_label"), mask: try data("mask"), chunk: 4))
    let expected = golden[kind]!["float64"]!
    var trainer = PolicyTrainer(try PolicyOracle.head(), settings: settings)
    var worst = 0.0
    for (step, batch) in golden["order"]!.arrayValue!.enumerated() {
      let record = try trainer.advance(samples, batch.arrayValue!.map { $0.intValue! })
      worst = max(worst, abs(record.loss - expected["steps"]!["loss"]![step].doubleValue!))
      #expect(abs(settings.rate(atStep: step + 1) - expected["steps"]!["rate"]![step].doubleValue!) < 1e-15)
    }
    #expect(worst <= 1e-4, "the largest difference of 200 losses is \(worst)")
    let (output, _) = trainer.head.forward(samples.states, rows: 64)
    let last = try loss(output, samples.chunks, layout: trainer.head.layout)
    #expect(abs(last.total - expected["final"]!["loss"]!.doubleValue!) <= 1e-4)
  }

  /// The same bits on any number of threads, and from a step that was stopped at.
  @Test func trainingIsReproducible() throws {
    let data = try PolicyOracle.Tensors("training.safetensors")
    let samples = PolicyTrainer.Samples(
      states: try data("features"), width: 32,
      chunks: PolicyOracle.chunks(
        arm: try data("arm_label"), gripper: try data("gripper_label"), mask: try data("mask"), chunk: 4))
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
