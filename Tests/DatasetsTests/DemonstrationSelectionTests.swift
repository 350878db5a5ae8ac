import Datasets
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct DemonstrationSelectionTests {
  /// Three demonstrations; `missing` is taken out of the second.
  private static func file(without missing: String) -> MemoryArrayFile {
    var file = MemoryArrayFile(lengths: [6, 7, 8], lag: 0)
    file.arrays["/data/demo_1/\(missing)"] = nil
    return file
  }

  @Test(arguments: [("actions", "actions"), ("states", "states, which others have")])
  func oneThatLacksSomethingIsLeftOutAndNamed(missing: String, lacks: String) throws {
    let file = Self.file(without: missing)
    let demonstrations = try DemonstrationsTests.open(file)
    #expect(demonstrations.episodes.map(\.place) == ["/data/demo_0", "/data/demo_2"])
    #expect(demonstrations.leftOut.map(\.place) == ["/data/demo_1"])
    #expect(demonstrations.leftOut.map(\.lacks) == [lacks])
    #expect(demonstrations.leftOut.map(\.file) == [file.path])
  }

  @Test func withoutAnyStatesAllAreTaken() throws {
    var file = MemoryArrayFile(lengths: [6, 7], lag: 0)
    for number in 0...1 { file.arrays["/data/demo_\(number)/states"] = nil }
    let demonstrations = try DemonstrationsTests.open(file)
    #expect(demonstrations.episodes.count == 2 && demonstrations.leftOut.isEmpty)
    #expect(try demonstrations.oracleState() == nil)
  }

  @Test(arguments: ["demo_1", "KITCHEN_SCENE3_turn_on_the_stove_demo.hdf5:demo_1"])
  func whatIsExcludedIsNotTaken(name: String) throws {
    let options = DemonstrationOptions(excluded: [name])
    let demonstrations = try DemonstrationsTests.open(MemoryArrayFile(lengths: [6, 7, 8], lag: 0), options)
    #expect(demonstrations.episodes.map(\.length) == [6, 8])
    // It was asked for.
    #expect(demonstrations.leftOut.isEmpty)
  }

  @Test(arguments: ["demo_9", "other.hdf5:demo_1"])
  func anExclusionOfNothingIsRefused(name: String) throws {
    let error = #expect(throws: VLMError.self) {
      try DemonstrationsTests.open(
        MemoryArrayFile(lengths: [6, 7], lag: 0), DemonstrationOptions(excluded: [name]))
    }
    #expect(error?.code == .datasetMask)
    #expect(error?.message == "there is no demonstration \(name) to exclude")
  }

  @Test(arguments: [
    (["demo_1"], [1]), (["1"], [1]), (["0:2"], [0, 1]), (["demo_2", "0"], [0, 2]), (["1:3"], [1, 2]),
  ])
  func whatIsAskedForIsTaken(names: [String], places: [Int]) throws {
    var options = DemonstrationOptions()
    options.included = names
    let demonstrations = try DemonstrationsTests.open(MemoryArrayFile(lengths: [6, 7, 8], lag: 0), options)
    #expect(demonstrations.episodes.map(\.index) == places)
  }

  @Test(arguments: ["demo_9", "3", "2:2", "0:4", "-1", "a:b"])
  func askingForWhatIsNotThereIsRefused(name: String) throws {
    var options = DemonstrationOptions()
    options.included = [name]
    let error = #expect(throws: VLMError.self) {
      try DemonstrationsTests.open(MemoryArrayFile(lengths: [6, 7, 8], lag: 0), options)
    }
    #expect(error?.code == .datasetMask && error?.message == "there is no demonstration \(name) to take")
  }

  @Test func tasksAreChosenByTheirWords() throws {
    let source = try DemonstrationFormat.open(Fixture.url("demonstrations").path)
    func tasks(_ names: String...) throws -> [String] {
      var options = DemonstrationOptions()
      options.tasks = names
      return try Demonstrations(source, options: options).tasks
    }
    #expect(try tasks("turn the faucet") == ["turn the faucet"])
    #expect(try tasks("Faucet", "drawer") == ["open the green drawer", "turn the faucet"])
    let several = #expect(throws: VLMError.self) { try tasks("open") }
    #expect(several?.message.contains("open the black door or open the green drawer") == true)
    #expect(throws: VLMError.self) { try tasks("fold the towel") }
  }

  @Test func anInstructionTakesThePlaceOfAll() throws {
    var options = DemonstrationOptions()
    options.instruction = "do what you did"
    let demonstrations = try Demonstrations(
      DemonstrationFormat.open(Fixture.url("demonstrations").path), options: options)
    #expect(demonstrations.tasks == ["do what you did"])
    #expect(demonstrations.instructionSources == ["set by --instruction"])
    options.instruction = "..."
    #expect(throws: VLMError.self) {
      try DemonstrationsTests.open(MemoryArrayFile(lengths: [6, 7], lag: 0), options)
    }
  }

  /// 800 frames of a thousand demonstrations are of 200 of them, as many of each task as its share.
  @Test func fewerFramesThanDemonstrationsTakesFewerOfThem() throws {
    let source = try DemonstrationFormat.open(Fixture.url("demonstrations").path)
    let demonstrations = try Demonstrations(source, options: DemonstrationOptions(frameBudget: 120))
    #expect(demonstrations.episodes.count == 30 && demonstrations.frameCount == 120)
    #expect(Dictionary(grouping: demonstrations.episodes, by: \.task).values.allSatisfy { $0.count == 3 })
    #expect(demonstrations.frameSelection.hasSuffix("in 30 of 60 episodes, evenly of each task"))
  }

  /// A file that is cut short is named; told to, the rest is taken and that one said.
  @Test func whatIsDamagedIsLeftOutWhenAskedFor() throws {
    try Fixture.withTemporaryDirectory { folder in
      let files = try FileManager.default.contentsOfDirectory(atPath: Fixture.url("demonstrations").path)
        .sorted()
      for name in files.prefix(3) {
        try FileManager.default.copyItem(
          at: Fixture.url("demonstrations/\(name)"), to: folder.appending(path: name))
      }
      let cut = folder.appending(path: files[1])
      try Data(contentsOf: cut).prefix(200_000).write(to: cut)
      let error = #expect(throws: VLMError.self) { try Demonstrations.open(folder.path) }
      #expect(error?.file == cut.path)
      var options = DemonstrationOptions()
      options.skipsDamaged = true
      let demonstrations = try Demonstrations.open(folder.path, options: options)
      #expect(demonstrations.episodes.count == 12 && demonstrations.tasks.count == 2)
      #expect(demonstrations.leftOut.map(\.file) == [cut.path])
      #expect(demonstrations.leftOut[0].lacks.hasPrefix("soundness: "))
    }
  }

  /// The same where one episode's frames cannot be read, among others of its file.
  @Test func anEpisodeWithoutReadableFramesIsLeftOutWhenAskedFor() throws {
    try Fixture.withTemporaryDirectory { directory in
      let copy = directory.appending(path: "set")
      try FileManager.default.copyItem(at: Fixture.url("lerobot/v3-h264"), to: copy)
      let file = copy.appending(path: "meta/episodes/chunk-000/file-000.parquet")
      try FileManager.default.removeItem(at: file)
      try FileManager.default.copyItem(at: Fixture.url("lerobot/broken/frames-shared.parquet"), to: file)
      var options = DemonstrationOptions()
      options.skipsDamaged = true
      let demonstrations = try Demonstrations.open(copy.path, options: options)
      #expect(demonstrations.episodes.map(\.index) == [0, 2, 3])
      #expect(demonstrations.leftOut.map(\.place) == ["episode 1"])
    }
  }

  /// What cannot be listed when the data set is opened is left out as a whole: a shard, a table, a split.
  @Test(arguments: [
    ("rlds_png/1.0.0", "rlds_png-train.tfrecord-00000-of-00002", 200),
    ("minecraft", "data/train-00000-of-00002.parquet", 4000),
    ("calvin", "training/lang_annotations/auto_lang_ann.npy", 300),
    ("calvin", "validation/ep_start_end_ids.npy", 100),
  ])
  func aDamagedPartIsLeftOutWhenAskedFor(name: String, part: String, length: Int) throws {
    try Fixture.withTemporaryDirectory { directory in
      let copy = directory.appending(path: "set")
      try FileManager.default.copyItem(at: Fixture.url("datasets/\(name)"), to: copy)
      let whole = try Demonstrations.open(copy.path)
      let file = copy.appending(path: part)
      try Data(contentsOf: file).prefix(length).write(to: file)
      let error = #expect(throws: VLMError.self) { try Demonstrations.open(copy.path) }
      #expect(error?.file?.hasSuffix(part) == true)
      var options = DemonstrationOptions()
      options.skipsDamaged = true
      let rest = try Demonstrations.open(copy.path, options: options)
      // An episode of Minecraft may have rows in several tables.
      #expect(!rest.episodes.isEmpty && rest.rowCount < whole.rowCount)
      #expect(rest.leftOut.count == 1 && rest.leftOut[0].file.hasSuffix(part), "\(rest.leftOut)")
      #expect(rest.leftOut[0].lacks.hasPrefix("soundness: "))
      // The doctor says so as well.
      let found = try DataInspection.run(copy.path, options: options, targets: { _ in [] }).inspection
      #expect(found.findings.contains { $0.id == "damaged" && $0.sentence.contains(part) } && !found.isSound)
    }
  }

  /// A demonstration that cannot be read at all can be left out as well.
  @Test func anExclusionComesBeforeReading() throws {
    var file = MemoryArrayFile(lengths: [6, 7], lag: 0)
    file.arrays["/data/demo_1/actions"] = ([0, 7], [])
    #expect(throws: VLMError.self) { try DemonstrationsTests.open(file) }
    let demonstrations = try DemonstrationsTests.open(file, DemonstrationOptions(excluded: ["demo_1"]))
    #expect(demonstrations.episodes.count == 1)
  }

  @Test(arguments: [0, 1])
  func aLagAgainstTheDataIsSaid(lag: Int) throws {
    let file = MemoryArrayFile(lengths: [12, 9], lag: lag)
    let same = try DemonstrationsTests.open(file, DemonstrationOptions(rowLag: lag)).rowLag
    #expect(same.evidence == "set by --lag")
    let other = try DemonstrationsTests.open(file, DemonstrationOptions(rowLag: 1 - lag)).rowLag
    #expect(other.rows == 1 - lag)
    #expect(other.evidence.hasPrefix("set by --lag, although joint_states"), "\(other.evidence)")
  }
}
