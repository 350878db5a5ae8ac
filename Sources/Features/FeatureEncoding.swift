internal import Runtime
internal import Tensors

/// A model on its way through the frames.
final class FeatureEncoding {
  private let model: any ProbedModel
  private let frames: Int
  private let gridSide: Int
  private let activity: String
  private let progress: ProgressHandler?
  private let later: (_ stages: Int, _ secondsPerFrame: Double) -> Double
  private let begin = ContinuousClock.now
  private var encoded = 0

  /// Samples encoded at once.
  private static let batch = 32

  /// - Parameter frames: all that there are.
  init(
    _ model: any ProbedModel, frames: Int, gridSide: Int, activity: String, progress: ProgressHandler?,
    later: @escaping (_ stages: Int, _ secondsPerFrame: Double) -> Double
  ) {
    self.model = model
    self.frames = frames
    self.gridSide = gridSide
    self.activity = activity
    self.progress = progress
    self.later = later
  }

  /// - Parameter first: the first sample's place among all frames.
  func encode(_ samples: [Sample], from first: Int, to writer: FeatureFileWriter) throws {
    var features: [[PooledStage]] = []
    for start in stride(from: 0, to: samples.count, by: Self.batch) {
      let batch = Array(samples[start..<min(start + Self.batch, samples.count)])
      // The batch before is written meanwhile.
      let results: [[[PooledStage]]] = try Parallel.map(2) { task in
        if task == 0 { return try model.encode(batch, at: model.points, gridSide: gridSide) }
        try writer.append(features, at: model.points)
        return []
      }
      features = results[0]
      encoded += batch.count
      let secondsPerFrame = (ContinuousClock.now - begin) / .seconds(1) / Double(encoded)
      progress?(
        ProgressReport(
          activity: activity, completed: first + start + batch.count, total: frames, unit: .images,
          later: later(model.points.count, secondsPerFrame)))
    }
    try writer.append(features, at: model.points)
  }
}
