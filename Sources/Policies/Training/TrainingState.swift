internal import Checkpoints
internal import Files
internal import Foundation
package import Tensors

/// Where a training stands, in a file beside its result, so that a run that is stopped goes on from there.
package struct TrainingState: Sendable {
  /// Everything that decides what is trained: another run's state is not gone on with.
  package let identity: String
  package let head: FCDecoder
  package let query: [Float]?
  package let optimizer: AdamW
  package let records: [PolicyTrainer.Record]

  package init(identity: String, trainer: PolicyTrainer, records: [PolicyTrainer.Record]) {
    self.init(identity: identity, head: trainer.head, query: trainer.query, optimizer: trainer.optimizer, records: records)
  }

  private init(identity: String, head: FCDecoder, query: [Float]?, optimizer: AdamW, records: [PolicyTrainer.Record]) {
    self.identity = identity
    self.head = head
    self.query = query
    self.optimizer = optimizer
    self.records = records
  }

  /// The file of the training whose result will be at `path`.
  package static func path(beside path: String) -> String { path + ".training" }

  /// Why a file is not gone on with.
  package enum Unusable: Error, Sendable {
    case damaged
    /// Of other weights, demonstrations or settings.
    case another

    package var sentence: String {
      switch self {
      case .damaged: "What a stopped run left cannot be read, so training begins anew."
      case .another: "A stopped run of another model, other demonstrations or settings is replaced: training begins anew."
      }
    }
  }

  private static let key = "training"
  private struct Text: Codable {
    let identity: String
    let step: Int
    let records: [PolicyTrainer.Record]
  }

  package func write(_ path: String) throws {
    var tensors: [PlannedTensor] = []
    func add(_ name: String, _ arrays: [[Float]]) {
      for (index, values) in arrays.enumerated() {
        tensors.append(
          .bytes(
            values.withUnsafeBytes(Array.init),
            descriptor: TensorDescriptor(name: "\(name).\(index)", dtype: .f32, shape: [values.count])))
      }
    }
    add("parameters", (query.map { [$0] } ?? []) + head.arrays)
    add("mean", optimizer.mean)
    add("square", optimizer.square)
    var writer = SafetensorsWriter()
    let text = try JSONEncoder().encode(Text(identity: identity, step: optimizer.step, records: records))
    writer.metadata[Self.key] = String(decoding: text, as: UTF8.self)
    try writer.write(tensors, toFile: path)
  }

  /// What a file holds of the training with this identity; `nil` when there is no file.
  ///
  /// - Throws: `Unusable` when it is another training's or damaged: the caller begins anew and says so.
  package static func read(
    _ path: String, identity: String, like head: FCDecoder, query: [Float]?, settings: AdamW.Settings
  ) throws(Unusable) -> TrainingState? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let file = try? SafetensorsFile(path),
      let text = file.metadata[Self.key].flatMap({ try? JSONDecoder().decode(Text.self, from: Data($0.utf8)) })
    else { throw .damaged }
    guard text.identity == identity else { throw .another }
    func arrays(_ name: String) -> [[Float]]? {
      var found: [[Float]] = []
      for (index, like) in ((query.map { [$0] } ?? []) + head.arrays).enumerated() {
        let name = "\(name).\(index)"
        guard let tensor = file.tensors.first(where: { $0.name == name }), tensor.dtype == .f32,
          tensor.shape.dimensions == [like.count],
          let values = try? file.withBytes(of: name, { Array($0.bindMemory(to: Float.self)) })
        else { return nil }
        found.append(values)
      }
      return found
    }
    guard let parameters = arrays("parameters"), let mean = arrays("mean"), let square = arrays("square") else { throw .damaged }
    var restored = head
    let first = query == nil ? 0 : 1
    restored.forEachArray { index, array in array = parameters[first + index] }
    return TrainingState(
      identity: identity, head: restored, query: query == nil ? nil : parameters[0],
      optimizer: AdamW(settings: settings, step: text.step, mean: mean, square: square), records: text.records)
  }
}
