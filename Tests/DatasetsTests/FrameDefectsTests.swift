import Datasets
import Tensors
import Testing

@Suite struct FrameDefectsTests {
  /// Reads all frames and looks at them.
  private static func defects(_ file: MemoryArrayFile, _ options: DemonstrationOptions = .init()) throws
    -> (defects: FrameDefects, demonstrations: Demonstrations)
  {
    let demonstrations = try DemonstrationsTests.open(file, options)
    var defects = FrameDefects()
    for episode in demonstrations.episodes {
      defects.add(try demonstrations.images(of: episode), of: episode)
    }
    return (defects, demonstrations)
  }

  /// Frames of two rows of two pixels, each number a grey value.
  private static func frames(_ greys: [[UInt8]]) -> (extents: [Int], values: [UInt8]) {
    ([greys.count, 2, 2, 3], greys.flatMap { $0.flatMap { [$0, $0, $0] } })
  }

  private static func file(_ second: [[UInt8]]) -> MemoryArrayFile {
    var file = MemoryArrayFile(lengths: [4, 4], lag: 0)
    file.byteArrays["/data/demo_0/obs/agentview_rgb"] = frames([
      [1, 2, 3, 4], [2, 3, 4, 5], [3, 4, 5, 6], [9, 8, 7, 6],
    ])
    file.byteArrays["/data/demo_1/obs/agentview_rgb"] = frames(second)
    return file
  }

  @Test(arguments: [
    (
      Array(repeating: [10, 10, 10, 10] as [UInt8], count: 4),
      "all 4 frames used are of a single colour 10 10 10"
    ),
    (
      [[1, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3, 3], [4, 4, 4, 4]], "all 4 frames used are of a single colour"
    ),
    (Array(repeating: [1, 2, 3, 4], count: 4), "all 4 frames used are the same picture"),
  ])
  func aDeadCameraIsAnError(frames: [[UInt8]], message: String) throws {
    let (defects, demonstrations) = try Self.defects(Self.file(frames))
    let error = #expect(throws: VLMError.self) { try defects.check(demonstrations) }
    #expect(error?.code == .datasetDeadCamera)
    #expect(error?.message == message)
    #expect(error?.file == demonstrations.path)
    #expect(error?.tensor == "/data/demo_1/obs/agentview_rgb")
    #expect(error?.remedy == "leave the demonstration out with --exclude demo_1")
  }

  @Test func theWayOutIsToLeaveItOut() throws {
    let file = Self.file(Array(repeating: [1, 2, 3, 4], count: 4))
    let (defects, demonstrations) = try Self.defects(file, DemonstrationOptions(excluded: ["demo_1"]))
    try defects.check(demonstrations)
    #expect(demonstrations.episodes.map(\.place) == ["/data/demo_0"])
  }

  @Test func someBlankFramesAreSaid() throws {
    let (defects, demonstrations) = try Self.defects(
      Self.file([[1, 2, 3, 4], [0, 0, 0, 0], [1, 2, 3, 5], [7, 7, 7, 7]]))
    try defects.check(demonstrations)
    let note = try #require(defects.note(demonstrations))
    #expect(note.hasPrefix("2 of 8 frames are of a single colour, the first in row 1 of "), "\(note)")
    #expect(note.hasSuffix(": /data/demo_1."))
  }

  @Test func framesThatChangeAreFine() throws {
    let (defects, demonstrations) = try Self.defects(
      Self.file([[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 5], [1, 2, 3, 4]]))
    try defects.check(demonstrations)
    #expect(defects.note(demonstrations) == nil)
  }

  /// Frames of an episode may come in parts.
  @Test func partsOfAnEpisodeAreOne() throws {
    let file = Self.file([[1, 2, 3, 4], [0, 0, 0, 0], [1, 2, 3, 4], [1, 2, 3, 4]])
    let demonstrations = try DemonstrationsTests.open(file)
    for size in 1...5 {
      var defects = FrameDefects()
      for start in stride(from: 0, to: demonstrations.frameCount, by: size) {
        for stretch in demonstrations.stretches(of: start..<min(start + size, demonstrations.frameCount)) {
          defects.add(try demonstrations.images(of: stretch), of: stretch.episode)
        }
        #expect(!defects.hasDeadEpisode)
      }
      try defects.check(demonstrations)
      #expect(
        defects.note(demonstrations)?.hasPrefix(
          "1 of 8 frames are of a single colour, the first in row 1 of ") == true)
    }
  }

  /// A look at two frames of an episode takes for dead what may not be, and never the other way round.
  @Test func aLookSeesWhatIsWrong() throws {
    func seemsBlind(_ second: [[UInt8]], in episodes: Range<Int> = 0..<2) throws -> Bool {
      try DemonstrationsTests.open(Self.file(second)).seemBlind(in: episodes)
    }
    #expect(try !seemsBlind([[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 5]]))
    #expect(try seemsBlind([[1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4], [1, 2, 3, 4]]))
    #expect(try seemsBlind([[1, 2, 3, 4], [1, 2, 3, 5], [1, 2, 3, 5], [1, 2, 3, 4]]))
    #expect(try seemsBlind([[1, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3, 3], [4, 4, 4, 4]]))
    #expect(try !seemsBlind([[1, 1, 1, 1], [2, 2, 2, 2], [3, 3, 3, 3], [4, 4, 4, 4]], in: 0..<1))
  }

  /// With one frame of each episode nothing but the others shows that the picture stands still.
  @Test func oneFrozenPictureInAllEpisodes() throws {
    var file = Self.file(Array(repeating: [1, 2, 3, 4], count: 4))
    file.byteArrays["/data/demo_0/obs/agentview_rgb"] = file.byteArrays["/data/demo_1/obs/agentview_rgb"]
    let (defects, demonstrations) = try Self.defects(file, DemonstrationOptions(framesPerEpisode: 1))
    let error = #expect(throws: VLMError.self) { try defects.check(demonstrations) }
    #expect(error?.message == "all 2 frames used, of every demonstration, are the same picture")
  }
}
