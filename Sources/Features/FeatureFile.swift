internal import Files
internal import Foundation
package import Tensors

/// Pooled activations of frames in an HDF5 file: `/STAGE/mean`, `/STAGE/grid` and `/STAGE/fine`, f32, a row a frame.
///
/// The root's attributes hold the format, the key (a hash over checkpoint, frames and settings), the stages as JSON
/// and the SHA-256 of every data set; all are checked when the file is opened.
package final class FeatureFile: FeatureSource {
  package static let format = "vlmtool-features-4"

  package let stages: [ProbeStage]
  let frames: Int
  private let file: HDF5File

  /// - Throws: `features.cache.damaged` when anything but the expected features stands in it, and the errors of HDF5.
  package init(_ path: String, key: String, frames: Int) throws(VLMError) {
    file = try HDF5File(path)
    guard try file.root.attribute("format")?.string == Self.format,
      try file.root.attribute("key")?.string == key,
      let text = try file.root.attribute("stages")?.string,
      let sums = try file.root.attribute("sha256")?.strings,
      let stages = try? JSONDecoder().decode([ProbeStage].self, from: Data(text.utf8))
    else { throw Self.damaged(path, "it is not the cache of these features") }
    self.stages = stages
    self.frames = frames
    let names = stages.flatMap(Self.datasets)
    guard names.count == sums.count else { throw Self.damaged(path, "checksums are missing") }
    for (name, sum) in zip(names, sums) {
      let dataset = try file.dataset("/" + name)
      guard dataset.shape.rank == 2, dataset.shape[0] == frames, try dataset.dtype == .f32 else {
        throw Self.damaged(path, "\(name) has another shape")
      }
      guard try Self.checksum(dataset) == sum else {
        throw Self.damaged(path, "the data of \(name) have changed")
      }
    }
  }

  /// What the features in a file are of; empty where it does not say, `nil` where it is no such file.
  package static func label(of path: String) -> String? {
    guard let root = try? HDF5File(path).root,
      let format = try? root.attribute("format")?.string, format.hasPrefix("vlmtool-features-")
    else { return nil }
    return (try? root.attribute("of")?.string) ?? ""
  }

  package func features(_ stage: Int, _ readout: Readout) throws -> FloatTensor? {
    guard Self.readouts(stages[stage]).contains(readout) else { return nil }
    let dataset = try file.dataset("/\(stages[stage].name)/\(readout.rawValue)")
    return FloatTensor(try dataset.values(Float.self), shape: dataset.shape)
  }

  package static func datasets(_ stage: ProbeStage) -> [String] {
    readouts(stage).map { "\(stage.name)/\($0.rawValue)" }
  }

  static func readouts(_ stage: ProbeStage) -> [Readout] {
    [.mean] + (stage.hasGrid ? [.grid] : []) + (stage.hasFine ? [.fine] : [])
  }

  /// Over the rows in order, some at a time.
  private static func checksum(_ dataset: HDF5Dataset) throws(VLMError) -> String {
    let hash = SHA256()
    let step = max(1, (1 << 22) / max(dataset.rowWidth, 1))
    for start in stride(from: 0, to: dataset.rowCount, by: step) {
      let values: [Float] = try dataset.values(rows: start..<min(start + step, dataset.rowCount))
      values.withUnsafeBytes { hash.update($0) }
    }
    return hash.finish()
  }

  private static func damaged(_ path: String, _ message: String) -> VLMError {
    VLMError(.cacheDamaged, message, file: path, remedy: "it is made anew")
  }
}
