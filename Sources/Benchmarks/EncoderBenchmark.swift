internal import Checkpoints
package import Mapping
internal import Runtime
internal import Tensors

/// Times a model's vision side, f32 and int8, on one square image of seeded noise.
///
/// The image and the f32 answer can be saved, so that rivals are checked and timed on the same numbers.
package struct EncoderBenchmark: Encodable, Sendable {
  package struct Timing: Encodable, Sendable {
    /// Milliseconds of each run, after one that is not counted.
    package let ms: [Double]
    /// Lowest cosine of an output token with the f32 answer.
    package let cosineWorst: Double
  }

  /// Pixels of a side.
  package let side: Int
  package let threads: Int
  package let kernels: String
  package let float32: Timing
  package let int8: Timing

  /// - Parameters:
  ///   - save: path for a safetensors file with `pixel_values` [patches, values] and `merged` [tokens, width].
  /// - Throws: `VLMError` when the side is no multiple of the model's squares of patches or the model cannot be loaded.
  package init(_ checkpoint: MappedCheckpoint, side: Int, runs: Int, save: String? = nil) throws {
    guard let vision = checkpoint.configuration.vision else {
      throw VLMError(.noVisionEncoder, "the model has no vision encoder", file: checkpoint.path)
    }
    let unit = vision.patchSize * vision.spatialMergeSize
    guard side > 0, side % unit == 0 else {
      throw VLMError(.inputGrid, "\(side) is not a multiple of \(unit)", file: checkpoint.path)
    }
    let grid = PatchGrid(rows: side / vision.patchSize, columns: side / vision.patchSize)
    let image = PreparedImage(
      patches: Self.noise([grid.count, PatchPacker(checkpoint.configuration).patchValues]), grid: grid)
    let (float, answer) = try Self.time(VisionModel(checkpoint, precision: .float32), image, runs)
    let (integer, rounded) = try Self.time(VisionModel(checkpoint, precision: .int8), image, runs)
    if let save {
      try SafetensorsWriter().write(
        [RecordedTensor("pixel_values", image.tiles[0].patches), RecordedTensor("merged", answer)].map(\.planned), toFile: save)
    }
    self.side = side
    threads = Parallel.threads
    kernels = InstructionSet.active.rawValue
    float32 = Timing(ms: float, cosineWorst: 1)
    int8 = Timing(ms: integer, cosineWorst: Self.worstCosine(rounded, answer))
  }

  private static func time(
    _ model: VisionModel, _ image: PreparedImage, _ runs: Int
  ) throws -> (ms: [Double], output: FloatTensor) {
    let last = model.stages[model.stages.count - 1]
    var output: FloatTensor?
    var times: [Double] = []
    for _ in 0...runs {
      let start = ContinuousClock.now
      output = try model.run([image], taps: [last])[last][0].values
      times.append((ContinuousClock.now - start) / .milliseconds(1))
    }
    guard let output else { preconditionFailure("a run without its last stage") }
    return (Array(times.dropFirst()), output)
  }

  private static func noise(_ shape: Shape) -> FloatTensor {
    var generator = SeededGenerator(seed: 0, purpose: "patches")
    return FloatTensor(generator.normals(shape.count), shape: shape)
  }

  private static func worstCosine(_ a: FloatTensor, _ b: FloatTensor) -> Double {
    (0..<a.rowCount).map { row in
      let place = row * a.rowWidth
      return FloatComparison(
        UnsafeBufferPointer(start: a.base + place, count: a.rowWidth),
        UnsafeBufferPointer(start: b.base + place, count: a.rowWidth)
      ).direction
    }.min() ?? 1
  }
}
