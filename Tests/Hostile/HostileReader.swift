import ChatTemplates
import Checkpoints
import Datasets
import Files
import Foundation
import Images
import Mapping
import Probing
import Runtime
import Tensors
import TestSupport
import Tokenizers

/// A reader of files from strangers: what good files it is tried with, how they are broken, and what reads them.
struct HostileReader: Sendable {
  /// A good file that is broken, and where it stands when it is read.
  struct Base: Sendable {
    /// Under `fixtures/`: the file whose bytes are changed.
    let source: String
    /// Under `fixtures/`: the folder it is put into; `nil` is an empty one, and the file itself is read.
    var folder: String?
    /// The file's name there.
    let name: String

    init(_ source: String, in folder: String? = nil, as name: String? = nil) {
      self.source = source
      self.folder = folder
      self.name = name ?? source.split(separator: "/").last.map(String.init) ?? source
    }
  }

  let name: String
  let bases: [Base]
  let mutate: Mutation
  /// Reads the file or folder at a path, all of it: whatever a command would ask of it.
  let read: @Sendable (_ path: String) throws -> Void
  /// What `vlmtool` is called with; `@` stands for the path.
  let commands: [[String]]

  static let all: [HostileReader] = [
    safetensors, index, weights, gguf, torch, parquet, listing, demonstrations, records, frameTables, features,
    archives, sprites, pickles, chunks, chunkMetadata, stores, videos, robotTables, robotInfo,
    config, tokenizer, template, processor, images, questions, questionTables, answers,
  ]
}

extension HostileReader {
  /// Folders below `fixtures/` that hold all of `names`.
  private static func folders(with names: String...) -> [String] {
    let root = Fixture.root.path
    guard let walk = FileManager.default.enumerator(atPath: root) else { return [] }
    return walk.compactMap { $0 as? String }.filter { path in
      !path.hasPrefix("broken") && !path.hasPrefix("names") && path.hasSuffix("/" + names[0])
        && names.allSatisfy {
          FileManager.default.fileExists(atPath: root + "/" + path.dropLast(names[0].count) + $0)
        }
    }.map { String($0.dropLast(names[0].count + 1)) }.sorted()
  }

  private static func files(in folder: String, _ endings: String...) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: Fixture.url(folder).path)) ?? []
    return names.filter { name in endings.contains { name.hasSuffix($0) } }.sorted().map { "\(folder)/\($0)" }
  }

  private static func readAll(_ path: String) throws {
    let checkpoint = try Checkpoint.open(path)
    for tensor in checkpoint.tensors { try checkpoint.withBytes(of: tensor.name) { _ = $0.first } }
  }

  private static let picture = RGBImage(
    width: 48, height: 36, pixels: (0..<48 * 36 * 3).map { UInt8(truncatingIfNeeded: $0 &* 37) })

  private static let safetensors = HostileReader(
    name: "safetensors",
    bases: [
      Base("containers/all_dtypes.safetensors"), Base("tabletop-vlm/model.safetensors", in: "tabletop-vlm"),
    ],
    mutate: ContainerMutation.safetensors, read: readAll, commands: [["inspect", "@"]])

  private static let index = HostileReader(
    name: "index",
    bases: folders(with: "model.safetensors.index.json").map {
      Base("\($0)/model.safetensors.index.json", in: $0)
    }
      + folders(with: "model.weights.json").map { Base("\($0)/model.weights.json", in: $0) },
    mutate: JSONMutation.mutation(own: [
      #""model-00001-of-00002.safetensors""#, #""/model-00001-of-00002.safetensors""#, #""..""#, #"".""#,
      #""config.json""#,
    ]), read: readAll, commands: [["inspect", "@"]])

  private static let weights = HostileReader(
    name: "weights",
    bases: (files(in: "containers/weights", ".h5") + files(in: "keras/clip/kerashub", ".h5")
      + ["containers/types.h5", "containers/userblock.h5", "containers/superblock3.h5"]).map { Base($0) },
    mutate: ContainerMutation.hdf5, read: readAll, commands: [["inspect", "@"]])

  private static let gguf = HostileReader(
    name: "gguf", bases: files(in: "containers/gguf", ".gguf").map { Base($0) },
    mutate: ContainerMutation.gguf,
    read: lookAt, commands: [["inspect", "@", "--statistics"]])

  private static let torch = HostileReader(
    name: "torch", bases: files(in: "containers/torch", ".bin", ".pt", ".pth", ".ckpt").map { Base($0) },
    mutate: ContainerMutation.torch,
    read: { path in
      let checkpoint = try Checkpoint.open(path)
      for tensor in checkpoint.tensors {
        try checkpoint.withBytes(of: tensor.name) { bytes in _ = bytes.reduce(UInt8(0), ^) }
      }
    }, commands: [["inspect", "@", "--statistics"]])

  /// Tables that data sets stand in: all statistics, and all values by both ways of reading.
  private static let parquet = HostileReader(
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
  private static let listing = HostileReader(
    name: "listing",
    bases: (files(in: "datasets", ".hdf5").prefix(1) + [
      "containers/types.h5", "containers/superblock3.h5", "containers/filters.h5",
    ])
    .map { Base($0) },
    mutate: ContainerMutation.hdf5, read: lookAt, commands: [["inspect", "@", "--statistics"]])

  @Sendable private static func lookAt(_ path: String) throws {
    var options = Inspection.Options()
    options.statistics = true
    _ = try Inspection(of: path, options)
  }

  private static let demonstrations = HostileReader(
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

  private static let records = HostileReader(
    name: "records",
    bases: recordings.map { folder in
      Base(files(in: folder, "00000-of-00002")[0], in: folder)
    },
    mutate: ContainerMutation.tfrecord, read: demonstrations.read, commands: demonstrations.commands)

  private static let videos = HostileReader(
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

  private static let robotTables = HostileReader(
    name: "robot-tables",
    bases: ["meta/episodes/chunk-000/file-000.parquet", "data/chunk-000/file-000.parquet"].map {
      (file: String) in
      Base("lerobot/v3-images/\(file)", in: "lerobot/v3-images", as: file)
    }, mutate: ContainerMutation.parquet, read: demonstrations.read, commands: demonstrations.commands)

  private static let robotInfo = HostileReader(
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

  private static let frameTables = HostileReader(
    name: "frame-tables", bases: files(in: "datasets/minecraft/data", ".parquet").map { Base($0) },
    mutate: ContainerMutation.parquet, read: demonstrations.read, commands: demonstrations.commands)

  private static let features = HostileReader(
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

  private static let archives = HostileReader(
    name: "archives", bases: [Base("\(plays)/episode_0000100.npz", in: plays)], mutate: ContainerMutation.zip,
    read: demonstrations.read, commands: demonstrations.commands)

  private static let sprites = HostileReader(
    name: "sprites", bases: [Base("datasets/dsprites.npz")], mutate: ContainerMutation.zip,
    read: demonstrations.read, commands: demonstrations.commands)

  private static let pickles = HostileReader(
    name: "pickles",
    bases: ["lang_annotations/auto_lang_ann.npy", "ep_start_end_ids.npy"].map { (name: String) in
      Base("\(plays)/\(name)", in: plays, as: name)
    },
    mutate: ByteMutation.anywhere, read: demonstrations.read, commands: demonstrations.commands)

  private static let buffer = "datasets/diffusion_policy"

  private static let chunks = HostileReader(
    name: "chunks",
    bases: ["img/0.0.0.0", "state/0.0", "keypoint/0.0.0", "action/0.0"].map { (name: String) in
      Base("\(buffer)/data/\(name)", in: buffer, as: "data/\(name)")
    } + [Base("\(buffer)/meta/episode_ends/0", in: buffer, as: "meta/episode_ends/0")],
    mutate: ByteMutation.anywhere, read: demonstrations.read, commands: demonstrations.commands)

  private static let chunkMetadata = HostileReader(
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

  private static let stores = HostileReader(
    name: "stores", bases: [Base("datasets/umi.zarr.zip")], mutate: ContainerMutation.zip,
    read: demonstrations.read, commands: demonstrations.commands)

  private static let config = HostileReader(
    name: "config", bases: folders(with: "config.json").map { Base("\($0)/config.json", in: $0) },
    mutate: JSONMutation.mutation(),
    read: { path in
      let checkpoint = try MappedCheckpoint.open(path)
      _ = CheckpointSummary(checkpoint)
      if checkpoint.configuration.vision != nil {
        let model = try VisionModel(checkpoint)
        _ = try model.run([try model.prepare(picture)], taps: Set(model.stages))
      }
      if checkpoint.configuration.language?.hasHead == true {
        let model = try LanguageModel(checkpoint)
        _ = try model.extend(
          model.makeCache(), with: Prompt([1, 2, 3], imageRows: [], for: model.language))
      }
    },
    commands: [
      ["inspect", "@"], ["convert", "@", "-o", "@.out", "--overwrite"],
      ["quantize", "@", "-o", "@.out", "--overwrite", "--image", Fixture.url("images/frame.png").path],
    ])

  /// Normalizers, pre-tokenizers and decoders that make much of little.
  private static let textBombs: [String] = {
    let million = String(repeating: "a", count: 1 << 20)
    let doubling = #"{"type":"Replace","pattern":{"Regex":"."},"content":"aaaaaaaa"}"#
    let many = "[" + Array(repeating: doubling, count: 30).joined(separator: ",") + "]"
    return [
      #"{"type":"Replace","pattern":{"String":"a"},"content":"\#(million)"}"#,
      #"{"type":"Replace","pattern":{"Regex":""},"content":"\#(million)"}"#,
      #"{"type":"Replace","pattern":{"String":""},"content":"\#(million)"}"#,
      #"{"type":"Replace","pattern":{"Regex":"(a+)+b"},"content":""}"#,
      #"{"type":"Replace","pattern":{"Regex":"a{1000}{1000}{1000}"},"content":""}"#,
      #"{"type":"Prepend","prepend":"\#(million)"}"#, #"{"type":"Sequence","normalizers":\#(many)}"#,
      #"{"type":"Sequence","decoders":\#(many)}"#, #"{"type":"ByteLevel"}"#, #"{"type":"NFKD"}"#,
      #"{"type":"Nmt"}"#,
      #"{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}"#,
      #"{"type":"Strip","content":"a","start":9223372036854775807,"stop":9223372036854775807}"#,
      #"{"type":"BPEDecoder","suffix":""}"#, #"{"type":"WordPiece","prefix":"","cleanup":true}"#,
      #"{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}"#,
      #"{"type":"Split","pattern":{"Regex":"(?:(?:a*)*)*"},"behavior":"MergedWithNext","invert":true}"#,
      #"{"type":"Split","pattern":{"String":"a"},"behavior":"Contiguous","invert":false}"#,
      #"{"type":"Punctuation","behavior":"Isolated"}"#, #"{"type":"Digits","individual_digits":true}"#,
    ]
  }()

  private static let tokenizer = HostileReader(
    name: "tokenizer",
    bases: [Base("tabletop-vlm/tokenizer.json", in: "tabletop-vlm")]
      + files(in: "tokenizers", ".json").filter {
        !$0.hasSuffix("expected.json") && !$0.hasSuffix("lines.json")
      }
      .map { Base($0, in: "tabletop-vlm", as: "tokenizer.json") },
    mutate: JSONMutation.mutation(own: textBombs),
    read: { path in
      let tokenizer = try Tokenizer(directory: path)
      for text in [
        "Where is the red mug? äöü 漢字 <|im_start|>", "", longWord, longSpaces, longText, longAccents,
      ] {
        let ids = try tokenizer.encode(text, addSpecialTokens: true)
        _ = try tokenizer.decode(ids, skipSpecialTokens: true)
      }
    },
    commands: [
      [
        "generate", "@", "--prompt", "a red mug " + String(repeating: "aaaa", count: 500), "--max-tokens",
        "4",
      ]
    ])

  private static let longWord = String(repeating: "a", count: 100_000)
  private static let longSpaces = String(repeating: " ", count: 100_000)
  private static let longText = String(repeating: "the red mug is left of 12345 plates, ", count: 5000)
  private static let longAccents = String(repeating: "\u{0301}\u{0327}", count: 50_000)

  private static let template = HostileReader(
    name: "template",
    bases: (files(in: "templates", ".jinja") + ["tabletop-vlm/chat_template.jinja"])
      .map { Base($0, in: "tabletop-vlm", as: "chat_template.jinja") },
    mutate: TemplateMutation.mutate,
    read: { path in
      guard let template = try ChatTemplate(directory: path) else { return }
      _ = try template.render(
        [
          ChatMessage(role: "system", content: [.text("You are a robot.")]),
          ChatMessage(role: "user", content: [.image, .text("Where is the mug?")]),
        ], addGenerationPrompt: true, tokens: ["bos_token": "<s>", "eos_token": "</s>"])
    },
    commands: [["generate", "@", "--prompt", "Where is the mug?", "--max-tokens", "4"]])

  private static let processor = HostileReader(
    name: "processor",
    bases: folders(with: "preprocessor_config.json").map { Base("\($0)/preprocessor_config.json", in: $0) },
    mutate: JSONMutation.mutation(own: [
      "14", "224", "1048576", "4096", "16384", "65536", "8191", #"{"height": 1048576, "width": 14}"#,
      #"{"shortest_edge": 65536}"#, #"{"longest_edge": 65536}"#, #"{"height": 8192, "width": 8192}"#,
      "[[4096, 4096]]",
      #"{"shortest_edge": 1, "longest_edge": 9223372036854775807}"#, "[0, 0, 0]", "[0.5, 0.5]",
      "[1e-45, 1e-45, 1e-45]",
    ]),
    read: { path in
      let checkpoint =
        FileManager.default.fileExists(atPath: path + "/config.json") ? try MappedCheckpoint.open(path) : nil
      let packers =
        checkpoint.map { [PatchPacker($0.configuration)] } ?? [
          PatchPacker(patchSize: 14, temporalPatchSize: 2, mergeSize: 2), PatchPacker(patchSize: 14),
          PatchPacker(patchSize: 16, temporalPatchSize: 2, mergeSize: 2), PatchPacker(patchSize: 16),
          PatchPacker(patchSize: 4), PatchPacker(channels: 6, patchSize: 14),
        ]
      var refusal: (any Error)?
      for packer in packers {
        do {
          let settings = try ImageProcessorSettings(
            ProcessorFiles(directory: path), config: checkpoint?.source ?? .object([:]),
            standard: checkpoint?.standardProcessors ?? ProcessorClasses(), directory: path)
          _ = try ImageProcessorRegistry.open(settings, packer: packer).prepare(picture)
          return
        } catch { refusal = error }
      }
      if let refusal { throw refusal }
    },
    commands: [
      ["quantize", "@", "-o", "@.out", "--overwrite", "--image", Fixture.url("images/frame.png").path]
    ])

  private static let images = HostileReader(
    name: "images",
    bases: (files(in: "images/pictures", ".png", ".jpg") + ["images/frame.png"]).map { Base($0) },
    mutate: ContainerMutation.picture, read: { _ = try RGBImage(contentsOf: $0) },
    commands: [
      [
        "quantize", Fixture.url("tabletop-vlm").path, "-o", "@.out", "--overwrite", "--image", "@",
      ],
      [
        "generate", Fixture.url("tabletop-vlm").path, "--image", "@", "--prompt", "What is it?",
        "--max-tokens", "2",
      ],
    ])
}
