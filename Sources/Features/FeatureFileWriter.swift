internal import Files
internal import Foundation
package import Runtime
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
    if stages.isEmpty { try start(batch, places) }
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

  private func start(_ batch: [[PooledStage]], _ places: [ProbePoint]) throws(VLMError) {
    for (index, place) in places.enumerated() {
      let first = batch[index][0]
      stages.append(
        ProbeStage(
          name: place.name, kind: ProbeStage.Kind(place.stage), position: index + 1, width: first.mean.count,
          tokens: first.tokens,
          hasGrid: first.grid != nil, hasFine: first.fine != nil))
      try create("\(place.name)/mean", width: first.mean.count)
      if let grid = first.grid { try create("\(place.name)/grid", width: grid.count) }
      if let fine = first.fine { try create("\(place.name)/fine", width: fine.count) }
    }
  }

  private func create(_ name: String, width: Int) throws(VLMError) {
    outputs[name] = (try writer.createDataset("/" + name, dtype: .f32, shape: [frames, width]), SHA256())
  }

  private func write(_ rows: [[Float]], to name: String) throws(VLMError) {
    let output = outputs[name]!
    let width = output.dataset.shape[1]
    guard rows.allSatisfy({ $0.count == width }) else {
      throw VLMError(
        .featuresUneven, "images give features of different sizes", tensor: name,
        remedy: "probe frames of one size")
    }
    let values = rows.flatMap { $0 }
    let range = next..<next + rows.count
    let result = values.withUnsafeBytes { bytes in
      output.hash.update(bytes)
      return Result { () throws(VLMError) in try output.dataset.writeRows(range, bytes) }
    }
    try result.get()
  }
}
