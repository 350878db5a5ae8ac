import Datasets
import Files
import Foundation
import Mapping
import Probing
import Runtime
import Tensors
import TestSupport

/// Demonstrations as data sets keep them.
extension HostileReader {
  static let demonstrations = HostileReader(
    name: "demonstrations",
    bases: (files(in: "datasets", ".hdf5") + files(in: "scenes", ".hdf5")
      + files(in: "demonstrations", ".hdf5").prefix(2) + ["datasets/aloha_jpeg/episode_0.hdf5", "datasets/shapes3d.h5"]
      + files(in: "datasets/maniskill", ".h5").prefix(1)).map {
        Base($0)
      },
    mutate: ContainerMutation.hdf5,
    read: { path in
      let data = try Demonstrations.open(path, options: DemonstrationOptions(framesPerEpisode: 4))
      // One that the data do not have says nothing of the next.
      for target in ProbeTarget.standard(for: data) + [.sceneValue("cup")] { _ = Result { try target.source(data) } }
      _ = try data.oracleState()
      for episode in data.episodes { _ = try data.images(of: episode) }
    },
    commands: [
      [
        "probe", "encoder", Fixture.url("tabletop-vlm").path, "--data", "@", "--no-cache", "--frames", "60",
        "--permutations", "100",
      ]
    ])

  private static let recordings = ["datasets/rlds_jpeg/1.0.0", "datasets/rlds_png/1.0.0"]

  static let records = HostileReader(
    name: "records",
    bases: recordings.map { folder in
      Base(files(in: folder, "00000-of-00002")[0], in: folder)
    },
    mutate: ContainerMutation.tfrecord, read: demonstrations.read, commands: demonstrations.commands)

  static let videos = HostileReader(
    name: "videos",
    bases: (files(in: "lerobot/videos", ".mp4")
      + files(in: "lerobot/v2.1-video/videos/chunk-000/observation.images.agentview", ".mp4").prefix(1)).map {
        Base($0)
      },
    mutate: ContainerMutation.mp4,
    read: { path in
      let index = try VideoIndex(path)
      let last = index.times.count - 1
      try VideoDecoder.frames(Set([0, last / 2, last]).sorted(), of: path, index) { _ in }
    }, commands: [])

  static let robotTables = HostileReader(
    name: "robot-tables",
    bases: ["meta/episodes/chunk-000/file-000.parquet", "data/chunk-000/file-000.parquet"].map {
      (file: String) in
      Base("lerobot/v3-images/\(file)", in: "lerobot/v3-images", as: file)
    }, mutate: ContainerMutation.parquet, read: demonstrations.read, commands: demonstrations.commands)

  static let robotInfo = HostileReader(
    name: "robot-info",
    bases: [
      "lerobot/v3-images/meta/info.json", "lerobot/v2.1-video/meta/info.json",
      "lerobot/v2.1-video/meta/episodes.jsonl",
    ]
    .map { path in
      let folder = path.split(separator: "/").prefix(2).joined(separator: "/")
      return Base(path, in: folder, as: String(path.dropFirst(folder.count + 1)))
    },
    mutate: JSONMutation.mutation(own: [
      #""v3.0""#, #""v2.1""#, #""../{chunk_index:03d}""#, #""{video_key}/{episode_index:09999999d}""#,
      #"[1048576, 1048576, 3]"#,
      #"[0]"#, #"{"motors": ["x", "y", "z"]}"#, #""video""#, #""image""#, "1e308", "-1",
    ]), read: demonstrations.read, commands: demonstrations.commands)

  static let frameTables = HostileReader(
    name: "frame-tables", bases: files(in: "datasets/minecraft/data", ".parquet").map { Base($0) },
    mutate: ContainerMutation.parquet, read: demonstrations.read, commands: demonstrations.commands)

  static let features = HostileReader(
    name: "features",
    bases: recordings.flatMap { folder in
      ["features.json", "dataset_info.json"].map { Base("\(folder)/\($0)", in: folder) }
    },
    mutate: JSONMutation.mutation(own: [
      #""../{DATASET}""#, #""{SPLIT}{SPLIT}""#, #"["9223372036854775807"]"#, #"["0"]"#,
      #"["1", "1", "1000000000"]"#,
      #"{"dimensions": ["-1"]}"#, #"{"dimensions": ["9223372036854775807", "2"]}"#, #"{"dimensions": ["0"]}"#,
      #""float64""#, #""string""#, #""bytes""#, #""steps/action""#,
    ]), read: demonstrations.read, commands: demonstrations.commands)

  private static let plays = "datasets/calvin/training"

  static let archives = HostileReader(
    name: "archives", bases: [Base("\(plays)/episode_0000100.npz", in: plays)], mutate: ContainerMutation.zip,
    read: demonstrations.read, commands: demonstrations.commands)

  static let sprites = HostileReader(
    name: "sprites", bases: [Base("datasets/dsprites.npz")], mutate: ContainerMutation.zip,
    read: demonstrations.read, commands: demonstrations.commands)

  static let pickles = HostileReader(
    name: "pickles",
    bases: ["lang_annotations/auto_lang_ann.npy", "ep_start_end_ids.npy"].map { (name: String) in
      Base("\(plays)/\(name)", in: plays, as: name)
    },
    mutate: ByteMutation.anywhere, read: demonstrations.read, commands: demonstrations.commands)

  private static let buffer = "datasets/diffusion_policy"

  static let chunks = HostileReader(
    name: "chunks",
    bases: ["img/0.0.0.0", "state/0.0", "keypoint/0.0.0", "action/0.0"].map { (name: String) in
      Base("\(buffer)/data/\(name)", in: buffer, as: "data/\(name)")
    } + [Base("\(buffer)/meta/episode_ends/0", in: buffer, as: "meta/episode_ends/0")],
    mutate: ByteMutation.anywhere, read: demonstrations.read, commands: demonstrations.commands)

  static let chunkMetadata = HostileReader(
    name: "chunk-metadata",
    bases: [
      ".zgroup", ".zattrs", "data/img/.zarray", "data/keypoint/.zarray", "data/action/.zarray",
      "meta/episode_ends/.zarray",
    ].map { (name: String) in Base("\(buffer)/\(name)", in: buffer, as: name) },
    mutate: JSONMutation.mutation(own: [
      #""|u1""#, #""<f2""#, #""|O""#, #""<U1000000""#, #""F""#, #""/""#, #""../""#, #""NaN""#,
      #"{"id": "zlib"}"#,
      #"{"id": "lz4"}"#, "[1000000000]", "[1000000000, 7]", "[1, 1]", "[48, 1099511627776]",
      "[4611686018427387904, 4]",
    ]), read: demonstrations.read, commands: demonstrations.commands)

  static let stores = HostileReader(
    name: "stores", bases: [Base("datasets/umi.zarr.zip")], mutate: ContainerMutation.zip,
    read: demonstrations.read, commands: demonstrations.commands)
}
