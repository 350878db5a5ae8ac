internal import Foundation
internal import Images
internal import Tensors

/// Frames beside the numbers of the same rows: whether they show anything, move when the robot moves, and stand upright.
struct FrameExamination {
  /// The beginning of one demonstration.
  private struct Trace {
    let name: String
    /// How much each frame differs from the one before: the root of the mean difference in grey level.
    let change: [Double]
    /// How far the robot went meanwhile; in the demonstration before, in this one, in the next.
    let motion: [[Double]]
    /// Where what moves is, 0 at the top and 1 at the bottom, and the end effector's height; where both are known.
    let heights: [(row: Double, z: Double)]
  }

  /// Demonstrations that are looked at row by row, and how many rows of each.
  static let dense = (episodes: 24, rows: 40)
  /// Those of which a few frames are.
  static let sparse = 400
  private static let side = 48
  /// Rows that frames may be late or early by.
  private static let lags = -4...4

  private var traces: [Trace] = []
  private var dead: [(name: String, what: String)] = []
  private(set) var frames = 0

  /// Looks at one demonstration.
  ///
  /// - Parameter around: those before and after it in the recording, where there are any; `nil` looks at three frames only.
  mutating func add(
    _ episode: Int, _ contents: EpisodeDescription, camera: RecordedCamera, around: [Int]?,
    of source: any DemonstrationSource, upright orientation: ImageOrientation
  ) throws(VLMError) {
    let name = source.name(of: episode)
    let rows =
      around == nil
      ? Set([0, contents.length / 2, contents.length - 1]).sorted()
      : Array(0..<min(contents.length, Self.dense.rows))
    let images = try source.frames(camera, rows: rows, of: episode).map(orientation.upright)
    frames += images.count
    if let what = FrameDefects.showsNothing(images) { dead.append((name, what)) }
    guard let around, images.count > 4 else { return }
    let scale = min(1, Double(Self.side) / Double(max(camera.width, camera.height)))
    let size = (
      height: max(1, Int(Double(camera.height) * scale)), width: max(1, Int(Double(camera.width) * scale))
    )
    var grey: [[Double]] = []
    for image in images { grey.append(try Self.grey(image, size.height, size.width)) }
    let pairs = zip(grey, grey.dropFirst())
    var motion: [[Double]] = []
    for other in around { motion.append(Self.motion(other, source)) }
    traces.append(
      Trace(
        name: name,
        change: pairs.map { before, after in
          (zip(before, after).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(before.count)).squareRoot()
        }, motion: motion, heights: try Self.heights(grey, size.width, episode, contents, source)))
  }

  /// Grey levels of the frame made small.
  private static func grey(_ image: RGBImage, _ height: Int, _ width: Int) throws(VLMError) -> [Double] {
    let small = try image.resized(width: width, height: height, by: Resampler(.box, as: .pillow))
    return stride(from: 0, to: small.pixels.count, by: 3).map {
      Double(small.pixels[$0]) * 0.299 + Double(small.pixels[$0 + 1]) * 0.587 + Double(small.pixels[$0 + 2])
        * 0.114
    }
  }

  /// How far the robot's own numbers go from each row to the next; empty where there are none.
  private static func motion(_ episode: Int, _ source: any DemonstrationSource) -> [Double] {
    guard source.episodes.indices.contains(episode), source.episodes[episode].lacks == nil else { return [] }
    // What is wrong with that one is said of that one.
    guard let contents = try? source.describe(episode) else { return [] }
    // Metres, or radians; of other numbers, each in units of its own spread.
    let roles: [ValueRole] = [.endEffectorPosition, .endEffectorPose, .joints, .proprioception]
    guard
      let values = roles.lazy.compactMap({ role in
        contents.values.first { $0.role == role && $0.rows == contents.length }
      }).first
    else { return [] }
    guard let table = try? source.values(values, of: episode) else { return [] }
    let columns = values.role == .endEffectorPose ? min(3, values.width) : values.width
    var sums = [Double](repeating: 0, count: max(0, min(contents.length, dense.rows) - 1))
    for column in 0..<columns {
      let series = (0...sums.count).map { table[$0 * values.width + column] }
      var unit = 1.0
      if values.role == .proprioception {
        let mean = series.reduce(0, +) / Double(series.count)
        unit = series.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(series.count)
        guard unit > 1e-12, unit.isFinite else { continue }
      }
      for step in sums.indices { sums[step] += pow(series[step + 1] - series[step], 2) / unit }
    }
    return sums.map { $0.squareRoot() }
  }

  private static func heights(
    _ grey: [[Double]], _ width: Int, _ episode: Int, _ contents: EpisodeDescription,
    _ source: any DemonstrationSource
  ) throws(VLMError) -> [(row: Double, z: Double)] {
    guard
      let values = contents.values.first(where: {
        [.endEffectorPosition, .endEffectorPose].contains($0.role)
      }),
      values.width >= 3, values.rows == contents.length, let pixels = grey.first?.count
    else { return [] }
    let table = try source.values(values, of: episode)
    var mean = [Double](repeating: 0, count: pixels)
    for frame in grey where frame.count == pixels {
      for pixel in 0..<pixels { mean[pixel] += frame[pixel] / Double(grey.count) }
    }
    return grey.indices.compactMap { frame in
      var (weights, sum) = (0.0, 0.0)
      for pixel in 0..<min(pixels, grey[frame].count) {
        // Below it is noise of the camera or the codec.
        let weight = max(0, abs(grey[frame][pixel] - mean[pixel]) - 8)
        weights += weight
        sum += weight * Double(pixel / width)
      }
      return weights > 0
        ? (sum / weights / Double(max(pixels / width, 1)), table[frame * values.width + 2]) : nil
    }
  }

  // MARK: Findings

  /// What was found, and what speaks for the frames being right.
  func findings(camera: String) -> (findings: [DataFinding], evidence: [String]) {
    var findings: [DataFinding] = []
    var evidence: [String] = []
    if let first = dead.first {
      findings.append(
        DataFinding(
          "frozen", .wrong,
          "Frames of \(camera) show nothing in \(dead.count) demonstrations: in \(first.name) all are \(first.what).",
          episodes: dead.map(\.name), remedy: "leave these out with --exclude, or take another --camera"))
    }
    let alive = traces.filter { trace in !dead.contains { $0.name == trace.name } }
    if let (finding, sentence) = motionOfFrames(alive, camera) {
      findings += [finding].compactMap(\.self)
      evidence.append(sentence)
    }
    if let (finding, sentence) = uprightness(alive, camera) {
      findings += [finding].compactMap(\.self)
      evidence.append(sentence)
    }
    return (findings, evidence)
  }

  /// Whether frames change when the robot moves: at the same rows, at rows before or behind, or when that of another demonstration does.
  private func motionOfFrames(_ traces: [Trace], _ camera: String) -> (DataFinding?, String)? {
    func correlation(_ which: Int, lag: Int = 0, _ traces: [Trace]) -> Double? {
      Self.correlation(
        traces.map { trace in
          let motion = trace.motion[which]
          return trace.change.indices.compactMap { step in
            motion.indices.contains(step + lag) ? (trace.change[step], motion[step + lag]) : nil
          }
        })
    }
    guard let own = correlation(1, traces) else { return nil }
    let evidence =
      "Frames of \(camera) change when the robot moves (correlation \(Self.rounded(own)) in \(traces.count) demonstrations)."
    for (which, word) in [(0, "before"), (2, "after")] {
      if let other = correlation(which, traces), other > 0.5, other - own > 0.3 {
        let foreign = traces.filter { trace in
          correlation(which, [trace]).flatMap { other in correlation(1, [trace]).map { other - $0 > 0.3 } }
            == true
        }
        return (
          DataFinding(
            "shifted", .wrong,
            "Frames of \(camera) belong to other demonstrations: they change when the robot moves in the one \(word) "
              + "(correlation \(Self.rounded(other)) against \(Self.rounded(own)) in their own; \(foreign.count) of \(traces.count)).",
            episodes: foreign.map(\.name), remedy: "convert the recording again"), evidence
        )
      }
    }
    let lags = Self.lags.compactMap { lag in correlation(1, lag: lag, traces).map { (lag, $0) } }
    if let best = lags.max(by: { $0.1 < $1.1 }), best.0 != 0, best.1 > 0.5, best.1 - own > 0.1 {
      let side = best.0 < 0 ? "late" : "early"
      return (
        DataFinding(
          "late", .wrong,
          "Frames of \(camera) are \(abs(best.0)) rows \(side): they change as the robot does \(abs(best.0)) rows "
            + "\(best.0 < 0 ? "before" : "later") (correlation \(Self.rounded(best.1)) against \(Self.rounded(own)) in the same row).",
          remedy: "align frames and states when the recording is converted"), evidence
      )
    }
    return own > 0.3 ? (nil, evidence) : nil
  }

  /// Whether what moves is higher in the frame when the end effector is higher.
  private func uprightness(_ traces: [Trace], _ camera: String) -> (DataFinding?, String)? {
    let onTheArm = ["wrist", "hand", "gripper", "eye_in"].contains(where: camera.contains)
    guard !onTheArm, traces.count(where: { $0.heights.count > 4 }) >= 4,
      let downwards = Self.correlation(traces.map { $0.heights.map { ($0.row, $0.z) } })
    else { return nil }
    if downwards > 0.4 {
      return (
        DataFinding(
          "upside-down", .wrong,
          "Frames of \(camera) look upside down: what moves in them goes down when the end effector goes up (correlation "
            + "\(Self.rounded(downwards)) in \(traces.count) demonstrations).",
          remedy: "look at a frame (--sheet), and set --orientation"), ""
      )
    }
    guard downwards < -0.4 else { return nil }
    return (
      nil,
      "Frames of \(camera) are upright: what moves in them goes up when the end effector does (correlation "
        + "\(Self.rounded(-downwards)))."
    )
  }

  /// Of pairs, about each series' own means; `nil` of fewer than 40, or where nothing varies.
  private static func correlation(_ series: [[(Double, Double)]]) -> Double? {
    var (xx, yy, xy, count) = (0.0, 0.0, 0.0, 0)
    for pairs in series where pairs.count > 4 {
      let n = Double(pairs.count)
      let (mx, my) = (pairs.reduce(0) { $0 + $1.0 } / n, pairs.reduce(0) { $0 + $1.1 } / n)
      for (x, y) in pairs {
        xx += (x - mx) * (x - mx)
        yy += (y - my) * (y - my)
        xy += (x - mx) * (y - my)
      }
      count += pairs.count
    }
    guard count >= (series.count > 1 ? 40 : 10), xx > 1e-12, yy > 1e-12 else { return nil }
    return xy / (xx * yy).squareRoot()
  }

  private static func rounded(_ value: Double) -> String { String(format: "%.2f", value) }
}
