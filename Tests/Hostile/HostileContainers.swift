import Checkpoints
import Files
import Foundation
import Mapping
import Tensors
import TestSupport

/// Files of weights and tables.
extension HostileReader {
  private static func readAll(_ path: String) throws {
    let checkpoint = try Checkpoint.open(path)
    for tensor in checkpoint.tensors { try checkpoint.withBytes(of: tensor.name) { _ = $0.first } }
  }

  static let safetensors = HostileReader(
    name: "safetensors",
    bases: [
      Base("containers/all_dtypes.safetensors"), Base("tabletop-vlm/model.safetensors", in: "tabletop-vlm"),
    ],
    mutate: ContainerMutation.safetensors, read: readAll, commands: [["inspect", "@"]])

  static let index = HostileReader(
    name: "index",
    bases: folders(with: "model.safetensors.index.json").map {
      Base("\($0)/model.safetensors.index.json", in: $0)
    }
      + folders(with: "model.weights.json").map { Base("\($0)/model.weights.json", in: $0) },
    mutate: JSONMutation.mutation(own: [
      #""model-00001-of-00002.safetensors""#, #""/model-00001-of-00002.safetensors""#, #""..""#, #"".""#,
      #""config.json""#,
    ]), read: readAll, commands: [["inspect", "@"]])

  static let weights = HostileReader(
    name: "weights",
    bases: (files(in: "containers/weights", ".h5") + files(in: "keras/clip/kerashub", ".h5")
      + ["containers/types.h5", "containers/userblock.h5", "containers/superblock3.h5"]).map { Base($0) },
    mutate: ContainerMutation.hdf5, read: readAll, commands: [["inspect", "@"]])

  static let gguf = HostileReader(
    name: "gguf", bases: files(in: "containers/gguf", ".gguf").map { Base($0) },
    mutate: ContainerMutation.gguf,
    read: lookAt, commands: [["inspect", "@", "--statistics"]])

  static let torch = HostileReader(
    name: "torch", bases: files(in: "containers/torch", ".bin", ".pt", ".pth", ".ckpt").map { Base($0) },
    mutate: ContainerMutation.torch,
    read: { path in
      let checkpoint = try Checkpoint.open(path)
      for tensor in checkpoint.tensors {
        try checkpoint.withBytes(of: tensor.name) { bytes in _ = bytes.reduce(UInt8(0), ^) }
      }
    }, commands: [["inspect", "@", "--statistics"]])

  /// Tables that data sets stand in: all statistics, and all values by both ways of reading.
  static let parquet = HostileReader(
    name: "parquet", bases: files(in: "containers/parquet", ".parquet").map { Base($0) },
    mutate: ContainerMutation.parquet,
    read: { path in
      let file = try ParquetFile(path)
      var failures: [VLMError] = []
      func attempt(_ body: () throws(VLMError) -> Void) {
        do throws(VLMError) { try body() } catch { failures.append(error) }
      }
      for column in file.columns {
        attempt { () throws(VLMError) in _ = try file.rowGroups(where: column, equals: 1) }
        attempt { () throws(VLMError) in _ = try file.numbers(column) }
        attempt { () throws(VLMError) in _ = try file.bytes(column) }
      }
      for field in file.fields {
        attempt { () throws(VLMError) in _ = try file.values(field, rows: 0..<min(file.rows, 1 << 16)) }
      }
      // What a sound file refuses too: bytes of numbers, numbers of text, a null.
      let asked: [VLMError.Code] = [.parquetType, .parquetNull, .parquetNumber]
      if let failure = failures.first(where: { !asked.contains($0.code) }) { throw failure }
    }, commands: [])

  /// Any HDF5 file, as `inspect` lists it.
  static let listing = HostileReader(
    name: "listing",
    bases: (files(in: "datasets", ".hdf5").prefix(1) + [
      "containers/types.h5", "containers/superblock3.h5", "containers/filters.h5",
    ])
    .map { Base($0) },
    mutate: ContainerMutation.hdf5, read: lookAt, commands: [["inspect", "@", "--statistics"]])

  @Sendable static func lookAt(_ path: String) throws {
    var options = Inspection.Options()
    options.statistics = true
    _ = try Inspection(of: path, options)
  }
}
