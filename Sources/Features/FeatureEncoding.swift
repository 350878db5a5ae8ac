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
    let points = model.points
    // Batches are written one after another: each is waited for before the next is begun.
    nonisolated(unsafe) let writer = writer
    var writing: Pending<Void>?
    defer { writing?.abandon() }
    func finishWriting() throws {
      let last = writing
      writing = nil
      try last?.get()
    }
    for start in stride(from: 0, to: samples.count, by: Self.batch) {
      let batch = Array(samples[start..<min(start + Self.batch, samples.count)])
      // The batch before is written meanwhile, on a thread more: within `Parallel.map` the model would get a part of the threads.
      let features = try model.encode(batch, at: points, gridSide: gridSide)
      try finishWriting()
      writing = Pending { try writer.append(features, at: points) }
      encoded += batch.count
      let secondsPerFrame = (ContinuousClock.now - begin) / .seconds(1) / Double(encoded)
      progress?(
        ProgressReport(
          activity: activity, completed: first + start + batch.count, total: frames, unit: .images,
          later: later(points.count, secondsPerFrame)))
    }
    try finishWriting()
  }
}
