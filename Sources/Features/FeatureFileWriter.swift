internal import Files
internal import Foundation
package import Tensors

/// Writes a `FeatureFile` batch by batch; it appears when all frames are there.
package final class FeatureFileWriter {
  private let writer: HDF5Writer
  private let key: String
  private let label: String
  private let frames: Int
  private var outputs: [String: (dataset: HDF5OutputDataset, hash: SHA256)] = [:]
  private var stages: [ProbeStage] = []
  private var next = 0

  package init(_ path: String, key: String, label: String, frames: Int) throws(VLMError) {
    writer = try HDF5Writer(path)
    self.key = key
    self.label = label
    self.frames = frames
  }

  /// Adds a batch of images; widths are taken from the first.
  package func append(_ batch: [[PooledStage]], at places: [ProbePoint]) throws(VLMError) {
    guard let count = batch.first?.count, count > 0 else { return }
    if stages.isEmpty {
      stages = zip(places, batch).enumerated().map { index, stage in
        let (place, first) = (stage.0, stage.1[0])
        return ProbeStage(
          name: place.name, kind: ProbeStage.Kind(place.stage), position: index + 1, width: first.mean.count,
          tokens: first.tokens, hasGrid: first.grid != nil, hasFine: first.fine != nil)
      }
    }
    for (stage, images) in zip(stages, batch) {
      try write(images.map(\.mean), to: "\(stage.name)/mean")
      if stage.hasGrid { try write(images.compactMap(\.grid), to: "\(stage.name)/grid") }
      if stage.hasFine { try write(images.compactMap(\.fine), to: "\(stage.name)/fine") }
    }
    next += count
  }

  package func finish() throws(VLMError) {
    precondition(next == frames, "\(next) of \(frames) frames were written")
    let sums = stages.flatMap(FeatureFile.datasets).map { outputs[$0]!.hash.finish() }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard let text = try? encoder.encode(stages) else { preconditionFailure("stages are plain values") }
    let strings = { (value: String) in HDF5Value.strings([value], []) }
    try writer.setAttribute("format", of: "/", strings(FeatureFile.format))
    try writer.setAttribute("key", of: "/", strings(key))
    try writer.setAttribute("of", of: "/", strings(label))
    try writer.setAttribute("stages", of: "/", strings(String(decoding: text, as: UTF8.self)))
    try writer.setAttribute("sha256", of: "/", .strings(sums, [sums.count]))
    outputs = [:]
    try writer.commit()
  }

  /// The next rows of a data set, whose width the first of them says.
  private func write(_ rows: [[Float]], to name: String) throws(VLMError) {
    let width = rows.first?.count ?? 0
    guard rows.allSatisfy({ $0.count == width }) else { throw .uneven(name) }
    if outputs[name] == nil {
      outputs[name] = (try writer.createDataset("/" + name, dtype: .f32, shape: [frames, width]), SHA256())
    }
    let output = outputs[name]!
    guard output.dataset.shape[1] == width else { throw .uneven(name) }
    let range = next..<next + rows.count
    let result = rows.flatMap(\.self).withUnsafeBytes { bytes in
      output.hash.update(bytes)
      return Result { () throws(VLMError) in try output.dataset.writeRows(range, bytes) }
    }
    try result.get()
  }
}
