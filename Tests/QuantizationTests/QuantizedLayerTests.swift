import Checkpoints
import Foundation
import Mapping
import Quantization
import TestSupport
import Tensors
import Testing

/// Layers written by the writer, whole and in slices, equal to the rows quantized at once.
@Suite struct QuantizedLayerTests {
  private static func weights(_ rows: Int, _ columns: Int) -> [Float] {
    var state: UInt64 = 20_261_121
    return (0..<rows * columns).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(Int64(bitPattern: state) >> 40) / 8e6
    }
  }

  private static func candidate(_ weights: [Float], rows: Int, columns: Int) -> PlanCandidate {
    let descriptor = TensorDescriptor(
      name: "vision.blocks.0.mlp.up.weight", dtype: .f32, shape: [rows, columns])
    let tensor = PlannedTensor(descriptor: descriptor, rows: rows, rowsPerSlice: 1) { rows, destination in
      weights.withUnsafeBytes {
        destination.copyMemory(
          from: UnsafeRawBufferPointer(
            rebasing: $0[rows.lowerBound * columns * 4..<rows.upperBound * columns * 4]))
      }
    }
    return PlanCandidate(
      tensor: tensor, component: .vision, role: .linear, aliases: [], file: "model.safetensors")
  }

  @Test(
    arguments: [(1, 1), (7, 33), (300, 1176), (2000, 171)],
    [QuantizedLayout.runtime(W8A8()), .compressedTensors(W8A16())])
  func writesWhatTheRowsGive(_ size: (rows: Int, columns: Int), _ layout: QuantizedLayout) throws {
    let (rows, columns) = size
    let weights = Self.weights(rows, columns)
    let codec = SymmetricCodes(WeightRows(columns: columns, dtype: .f32))
    var codes = [Int8](repeating: 0, count: rows * columns)
    var scales = [Float](repeating: 0, count: rows)
    guard case .done(let sums) = codec.quantize(rows: rows, source: weights, codes: &codes, scales: &scales)
    else {
      Issue.record("not finite")
      return
    }
    let plan = try QuantizationPlan(
      [Self.candidate(weights, rows: rows, columns: columns)], layout: layout, granularity: .channel, only: nil, keep: [])
    let losses = LossAccumulator()
    let outcome = plan.outcomes(noting: losses)[0]
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "x.safetensors").path
      try SafetensorsWriter().write(outcome.tensors, toFile: path)
      let written = try Checkpoint.open(path)
      #expect(
        try written.withBytes(of: "vision.blocks.0.mlp.up.weight_scale") { Array($0) }
          == scales.withUnsafeBytes(Array.init))
      switch layout {
      case .runtime:
        let bytes = try written.withBytes(of: "vision.blocks.0.mlp.up.weight") {
          $0.map { Int8(bitPattern: $0) }
        }
        #expect(bytes == codes)
      case .compressedTensors:
        var packed = [UInt8](repeating: 0, count: rows * PackedCodes(bits: 8).bytesPerRow(columns: columns))
        PackedCodes(bits: 8).pack(codes, rows: rows, columns: columns, into: &packed)
        #expect(try written.withBytes(of: "vision.blocks.0.mlp.up.weight_packed") { Array($0) } == packed)
        let shape = try written.withBytes(of: "vision.blocks.0.mlp.up.weight_shape") { bytes in
          [0, 8].map { bytes.loadUnaligned(fromByteOffset: $0, as: Int64.self) }
        }
        #expect(shape == [Int64(rows), Int64(columns)])
      case .gguf: Issue.record("has blocks of its own: GGUFQuantizationTests")
      case .mlx: Issue.record("no int8")
      }
    }
    let loss = try #require(outcome.layer).loss()
    #expect(
      abs(loss.signal - sums.signal) <= 1e-12 * sums.signal
        && abs(loss.noise - sums.noise) <= 1e-12 * sums.noise)
  }

  /// After an interrupted run codes are in the file already: scales and losses are made from the weights
  /// again.
  @Test func scalesAndLossDoNotNeedTheCodesToBeMade() throws {
    let weights = Self.weights(9, 40)
    let plan = try QuantizationPlan(
      [Self.candidate(weights, rows: 9, columns: 40)], layout: .runtime(W8A8()), granularity: .channel, only: nil,
      keep: [])
    let whole = plan.outcomes(noting: LossAccumulator())[0]
    let resumed = plan.outcomes(noting: LossAccumulator())[0]
    let produce = { (tensor: PlannedTensor) in
      var bytes = [UInt8](repeating: 0, count: tensor.descriptor.byteCount)
      var source = [UInt8](repeating: 0, count: tensor.rows * tensor.sourceRowByteCount)
      try bytes.withUnsafeMutableBytes { bytes in
        try source.withUnsafeMutableBytes { try tensor.produce(0..<tensor.rows, bytes, source: $0) }
      }
      return bytes
    }
    _ = try produce(whole.tensors[0])
    #expect(try produce(whole.tensors[1]) == produce(resumed.tensors[1]))
    #expect(try whole.layer?.loss() == resumed.layer?.loss())
  }

  @Test func namesTheTensorThatIsNotFinite() throws {
    var weights = Self.weights(5, 8)
    weights[3 * 8 + 1] = .nan
    let plan = try QuantizationPlan(
      [Self.candidate(weights, rows: 5, columns: 8)], layout: .runtime(W8A8()), granularity: .channel, only: nil,
      keep: [])
    let tensors = plan.outcomes(noting: LossAccumulator())[0].tensors
    try Fixture.withTemporaryDirectory { directory in
      #expect {
        try SafetensorsWriter().write(tensors, toFile: directory.appending(path: "x.safetensors").path)
      } throws: { error in
        guard let error = error as? VLMError else { return false }
        return error.code == .weightNotFinite && error.tensor == "vision.blocks.0.mlp.up.weight"
          && error.message.contains("channel 3") && error.file == "model.safetensors"
      }
    }
  }
}
