import Checkpoints
import Foundation
import Statistics
import Tensors
import TestSupport

/// fixtures/probes/ridge.safetensors, made by fixtures/oracle/make_probes.py.
struct RidgeOracle {
  private let reader: any CheckpointReader
  let folds: EpisodeFolds

  init() throws {
    reader = try Checkpoint.open(Fixture.url("probes/ridge.safetensors").path)
    let episodes = try Self.integers(reader, "episode")
    let foldOfFrame = try Self.integers(reader, "fold_of_frame")
    var ofEpisode = [Int](repeating: 0, count: episodes.max()! + 1)
    for (episode, fold) in zip(episodes, foldOfFrame) { ofEpisode[episode] = fold }
    folds = EpisodeFolds(count: foldOfFrame.max()! + 1, ofEpisode: ofEpisode, episodeOfFrame: episodes)
  }

  func integers(_ name: String) throws -> [Int] { try Self.integers(reader, name) }

  func matrix(_ name: String) throws -> Matrix {
    let shape = descriptor(name).shape
    let values = try reader.withBytes(of: name) { Array($0.bindMemory(to: Double.self)) }
    return Matrix(shape[0], shape.rank > 1 ? shape[1] : 1, values)
  }

  func floats(_ name: String) throws -> Matrix {
    let values = try reader.withBytes(of: name) { Array($0.bindMemory(to: Float.self)) }
    return Matrix(FloatTensor(values, shape: descriptor(name).shape))
  }

  private func descriptor(_ name: String) -> TensorDescriptor { reader.tensors.first { $0.name == name }! }

  private static func integers(_ reader: any CheckpointReader, _ name: String) throws -> [Int] {
    try reader.withBytes(of: name) { Array($0.bindMemory(to: Int64.self)).map(Int.init) }
  }
}
