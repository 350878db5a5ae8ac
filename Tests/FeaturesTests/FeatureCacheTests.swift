import Features
import Foundation
import Images
import Runtime
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite struct FeatureCacheTests {
  /// Counts how often it is run; its one stage holds the first pixel.
  private final class CountingModel: ProbedModel {
    let runs = Mutex<Int>(0)
    var points: [ProbePoint] { [ProbePoint(.vision(.block(0)))] }

    func encode(_ samples: [Sample], at points: [ProbePoint], gridSide: Int) -> [[PooledStage]] {
      runs.withLock { $0 += samples.count }
      return [
        samples.map { sample in
          let pixel = Float(sample.images[0].pixels[0])
          return PooledStage(mean: [pixel, 1], grid: [1, 2, 3, pixel], tokens: 4)
        }
      ]
    }
  }

  /// Frames of one pixel each, named by them; `asked` hears of those that are decoded.
  private static func frames(
    _ pixels: [UInt8], asked: @escaping @Sendable (Range<Int>) -> Void = { _ in }
  ) -> FeatureCache.Frames {
    FeatureCache.Frames(count: pixels.count) {
      "\(pixels[$0])"
    } samples: { range in
      asked(range)
      return pixels[range].map {
        Sample(images: [RGBImage(width: 1, height: 1, pixels: [$0, 0, 0])], instruction: "wait")
      }
    }
  }

  /// 300 frames: parts of 128, 128 and 44.
  private static let three = (0..<300).map { UInt8($0 % 251) }

  private func features(
    _ encoder: any ProbedModel, _ place: FeatureCache.Place, key: String = "k",
    of frames: FeatureCache.Frames = Self.frames(Array(0..<20))
  ) throws -> FeatureCache.Outcome {
    try FeatureCache(place).features(of: Self.encoding(encoder, key, frames), progress: nil)
  }

  private static func encoding(
    _ encoder: any ProbedModel, _ key: String, _ frames: FeatureCache.Frames
  ) -> FeatureCache.Encoding {
    FeatureCache.Encoding(key: [key], label: "a test", name: "test", frames: frames, gridSide: 2, model: { encoder })
  }

  /// Parts made here and there are the features of one run; the folders of others are read and nothing else.
  @Test func partsOfSeveralRunsAreOne() throws {
    try Fixture.withTemporaryDirectory { directory in
      let frames = Self.frames(Self.three)
      let alone = CountingModel()
      let whole = try features(alone, .none, of: frames)
      let folders = ["a", "b", "c"].map { directory.appending(path: $0).path }
      let helper = CountingModel()
      for (place, folder) in folders.dropLast().enumerated() {
        let share = try #require(Share("\(place + 1)/2"))
        let own = frames.parts.enumerated().filter { share.has($0.offset) }.map(\.element)
        let (found, _) = try FeatureCache(.directory(folder)).keep(own, of: Self.encoding(helper, "k", frames), progress: nil)
        #expect(found == 0)
      }
      #expect(helper.runs.withLock { $0 } == 300)
      let before = try folders.dropLast().map { try FileManager.default.contentsOfDirectory(atPath: $0).sorted() }
      #expect(before.map(\.count) == [2, 1])
      let none = CountingModel()
      let joined = try FeatureCache(.directory(folders[2]), reading: Array(folders.dropLast()))
        .features(of: Self.encoding(none, "k", frames), progress: nil)
      #expect(joined.fromCache && none.runs.withLock { $0 } == 0)
      #expect(try joined.features.features(0, .grid)!.values == whole.features.features(0, .grid)!.values)
      #expect(try folders.dropLast().map { try FileManager.default.contentsOfDirectory(atPath: $0).sorted() } == before)
    }
  }

  @Test func sharesAreWrittenSo() {
    #expect(Share("3/16")?.description == "3/16")
    for text in ["0/4", "5/4", "1", "1/2/3", "a/4", "1/0", "-1/4", "1/ 4"] { #expect(Share(text) == nil, "\(text)") }
    // Every piece of work is in one of them.
    for index in 0..<20 { #expect((1...3).count { Share("\($0)/3")!.has(index) } == 1) }
  }

  @Test func aSecondRunDoesNotEncode() throws {
    try Fixture.withTemporaryDirectory { directory in
      let encoder = CountingModel()
      let first = try features(encoder, .directory(directory.path))
      let second = try features(encoder, .directory(directory.path))
      #expect(encoder.runs.withLock { $0 } == 20)
      #expect(!first.fromCache && second.fromCache)
      let mean = try #require(try second.features.features(0, .mean))
      #expect(mean.values == (0..<20).flatMap { [Float($0), 1] })
      #expect(try second.features.features(0, .grid)!.values == first.features.features(0, .grid)!.values)
      _ = try features(encoder, .directory(directory.path), key: "other")
      #expect(encoder.runs.withLock { $0 } == 40)
    }
  }

  @Test(arguments: [0.3, 0.6, 0.9])
  func aDamagedCacheIsMadeAnew(place: Double) throws {
    try Fixture.withTemporaryDirectory { directory in
      let encoder = CountingModel()
      _ = try features(encoder, .directory(directory.path))
      let file = try #require(try FileManager.default.contentsOfDirectory(atPath: directory.path).first)
      let url = directory.appending(path: file)
      var bytes = try Data(contentsOf: url)
      let start = Int(Double(bytes.count) * place)
      for index in start..<min(start + 64, bytes.count) { bytes[index] ^= 0xff }
      if place > 0.8 { bytes = bytes.prefix(bytes.count / 2) }
      try bytes.write(to: url)
      let again = try features(encoder, .directory(directory.path))
      let mean = try #require(try again.features.features(0, .mean))
      #expect(mean.values == (0..<20).flatMap { [Float($0), 1] })
      // Bytes that nothing reads may be spoilt without harm; whatever is read must be right.
      #expect(again.fromCache || again.note != nil)
      #expect(try features(encoder, .directory(directory.path)).fromCache)
    }
  }

  @Test func theLimitTakesWhatWasUsedLeast() throws {
    try Fixture.withTemporaryDirectory { directory in
      let encoder = CountingModel()
      let store = FeatureStore(directory.path)
      for (place, key) in ["a", "b", "c"].enumerated() {
        let before = Set(store.contents().entries.map(\.file))
        _ = try features(encoder, .directory(directory.path), key: key)
        let file = try #require(store.contents().entries.map(\.file).first { !before.contains($0) })
        try FileManager.default.setAttributes(
          [.modificationDate: Date(timeIntervalSinceNow: Double(place - 10) * 60)],
          ofItemAtPath: directory.appending(path: file).path)
      }
      #expect(try features(encoder, .directory(directory.path), key: "a").fromCache)
      let all = store.contents()
      #expect(all.entries.count == 3 && all.entries.allSatisfy { $0.of == "a test" })
      // Room for two of three; what a file takes on the disk may change a little until it is written out.
      let removed = store.prune(to: all.bytes * 5 / 6)
      #expect(removed.map(\.file) == [all.entries[0].file])
      #expect(try features(encoder, .directory(directory.path), key: "a").fromCache)
      #expect(try !features(encoder, .directory(directory.path), key: "b").fromCache)
    }
  }

  /// A run that was killed leaves a file with its number; one that still writes, and what others put there, stays.
  @Test func onlyWhatIsOursAndDeadIsRemoved() throws {
    try Fixture.withTemporaryDirectory { directory in
      let key = String(repeating: "a", count: 64)
      let dead = Process()
      dead.executableURL = URL(filePath: "/bin/sh")
      dead.arguments = ["-c", "exit 0"]
      try dead.run()
      dead.waitUntilExit()
      let names = [
        "\(key).h5.\(dead.processIdentifier).vlmtool-partial", "\(key).h5.\(getpid()).vlmtool-partial",
        "\(key).h5", "notes.txt",
      ]
      for name in names {
        try "x".write(to: directory.appending(path: name), atomically: true, encoding: .utf8)
      }
      let store = FeatureStore(directory.path)
      #expect(store.contents().leftovers.map(\.file) == [names[0]])
      #expect(store.contents().foreign == [names[2], names[3]])
      #expect(store.prune(to: 0).map(\.file) == [names[0]])
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == names[1...].sorted())
    }
  }

  @Test(arguments: [
    ("500MB", 500_000_000), ("1.5 GB", 1_500_000_000), ("20gb", 20_000_000_000), ("0", 0),
    ("1T", 1_000_000_000_000),
  ]) func sizes(text: String, bytes: Int) { #expect(ByteCount(text)?.value == bytes) }

  @Test(arguments: ["", "GB", "-1", "1 PB", "1e9", "99999999999999999999"]) func noSizes(text: String) {
    #expect(ByteCount(text) == nil)
  }

  /// Breaks off at a frame, as Ctrl-C does.
  private final class FailingModel: ProbedModel {
    struct Interrupted: Error {}
    let model: CountingModel
    let last: Int
    init(_ model: CountingModel, after last: Int) { (self.model, self.last) = (model, last) }
    var points: [ProbePoint] { model.points }

    func encode(_ samples: [Sample], at points: [ProbePoint], gridSide: Int) throws -> [[PooledStage]] {
      if model.runs.withLock({ $0 }) >= last { throw Interrupted() }
      return model.encode(samples, at: points, gridSide: gridSide)
    }
  }

  /// `damaged`: what the interrupted run left is not what it wrote any more.
  @Test(arguments: [false, true]) func anInterruptedRunGoesOnWhereItStopped(damaged: Bool) throws {
    try Fixture.withTemporaryDirectory { directory in
      let frames = Self.frames(Self.three)
      let whole = try features(CountingModel(), .none, of: frames).features.features(0, .grid)
      let model = CountingModel()
      #expect(throws: FailingModel.Interrupted.self) {
        try features(FailingModel(model, after: 200), .directory(directory.path), of: frames)
      }
      // The first part is there, of the second nothing.
      let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
      #expect(names.count == 1 && FeatureStore(directory.path).contents().entries.map(\.of) == ["a test"])
      if damaged {
        let file = directory.appending(path: names[0])
        var bytes = try Data(contentsOf: file)
        for place in bytes.count / 2..<bytes.count { bytes[place] ^= 1 }
        try bytes.write(to: file)
      }
      let before = model.runs.withLock(\.self)
      let outcome = try features(model, .directory(directory.path), of: frames)
      #expect(model.runs.withLock(\.self) - before == (damaged ? 300 : 172))
      if damaged {
        let note = try #require(outcome.note)
        #expect(note.hasPrefix("The cached features were damaged and have been made anew: "), "\(note)")
        #expect(note.contains(names[0]), "\(note)")
      } else {
        #expect(outcome.note == "128 of 300 frames had been encoded by another run.")
      }
      #expect(try outcome.features.features(0, .grid)?.values == whole?.values)
      #expect(FeatureStore(directory.path).contents().entries.count == 3)
      let again = try features(model, .directory(directory.path), of: frames)
      #expect(again.fromCache && again.note == nil)
      #expect(try again.features.features(0, .grid)?.values == whole?.values)
    }
  }

  /// Parts are named by what their frames are, whatever other frames stand beside them.
  @Test func theSameFramesOfOtherDataAreFound() throws {
    try Fixture.withTemporaryDirectory { directory in
      let model = CountingModel()
      _ = try features(model, .directory(directory.path), of: Self.frames(Self.three))
      var others = Self.three
      others[130] ^= 1
      let outcome = try features(model, .directory(directory.path), of: Self.frames(others + [7]))
      #expect(model.runs.withLock(\.self) == 300 + 173)
      #expect(outcome.note == "128 of 301 frames had been encoded by another run." && !outcome.fromCache)
      #expect(try outcome.features.features(0, .mean)?.values == (others + [7]).flatMap { [Float($0), 1] })
    }
  }

  /// Does something before it gives the features that begin with frame `start`.
  private final class PausingModel: ProbedModel {
    let pause: @Sendable () throws -> Void
    let start: Int
    let model = CountingModel()
    init(before start: Int, _ pause: @escaping @Sendable () throws -> Void) {
      (self.start, self.pause) = (start, pause)
    }
    var points: [ProbePoint] { model.points }

    func encode(_ samples: [Sample], at points: [ProbePoint], gridSide: Int) throws -> [[PooledStage]] {
      if model.runs.withLock(\.self) == start { try pause() }
      return model.encode(samples, at: points, gridSide: gridSide)
    }
  }

  /// The model waits at its first frame until those of the next part are there, however long a busy machine takes; no others are.
  @Test(.timeLimit(.minutes(15))) func theNextPartIsMadeReadyMeanwhile() throws {
    let asked = Mutex<[Range<Int>]>([])
    let frames = Self.frames(Self.three + Self.three) { range in asked.withLock { $0.append(range) } }
    let seen = Mutex<[Range<Int>]>([])
    let model = PausingModel(before: 0) {
      while asked.withLock(\.count) < 2 { usleep(1000) }
      usleep(50_000)
      seen.withLock { $0 = asked.withLock(\.self) }
    }
    _ = try FeatureCache(.none, preparesBeside: true).features(of: Self.encoding(model, "k", frames), progress: nil)
    #expect(seen.withLock(\.self) == [0..<128, 128..<256])
    #expect(asked.withLock(\.self) == frames.parts)
  }

  @Test func aRunThatIsOvertakenTakesWhatTheOtherMade() throws {
    try Fixture.withTemporaryDirectory { directory in
      let frames = Self.frames(Self.three)
      let files = FileManager.default
      let model = PausingModel(before: 64) {
        // The other run is of another process, whose files have other names until they are whole.
        let other = directory.appending(path: "other")
        _ = try features(CountingModel(), .directory(other.path), of: frames)
        for name in try files.contentsOfDirectory(atPath: other.path) {
          try files.moveItem(at: other.appending(path: name), to: directory.appending(path: name))
        }
        try files.removeItem(at: other)
      }
      let outcome = try features(model, .directory(directory.path), of: frames)
      #expect(model.model.runs.withLock(\.self) == 128)
      #expect(outcome.note == "172 of 300 frames had been encoded by another run.")
      #expect(try outcome.features.features(0, .mean)?.values == Self.three.flatMap { [Float($0), 1] })
      #expect(FeatureStore(directory.path).contents().entries.count == 3)
    }
  }

  /// Whoever clears the cache meanwhile takes nothing from those that read it.
  @Test func whatIsRemovedMeanwhileStaysOpen() throws {
    try Fixture.withTemporaryDirectory { directory in
      let frames = Self.frames(Self.three)
      // Of three parts two are there.
      _ = try features(CountingModel(), .directory(directory.path), of: Self.frames(Array(Self.three.prefix(256))))
      let store = FeatureStore(directory.path)
      let model = PausingModel(before: 0) { #expect(store.remove(store.contents().entries).count == 2) }
      let outcome = try features(model, .directory(directory.path), of: frames)
      #expect(store.remove(store.contents().entries).count == 1)
      #expect(try outcome.features.features(0, .mean)?.values == Self.three.flatMap { [Float($0), 1] })
    }
  }

  /// Frames that are larger from some place on.
  @Test func partsOfDifferentSizesAreAnError() throws {
    final class GrowingModel: ProbedModel {
      let model = CountingModel()
      var points: [ProbePoint] { model.points }
      func encode(_ samples: [Sample], at points: [ProbePoint], gridSide: Int) -> [[PooledStage]] {
        let isLater = model.runs.withLock { $0 >= 256 }
        return model.encode(samples, at: points, gridSide: gridSide).map { stage in
          stage.map { PooledStage(mean: $0.mean + (isLater ? [0] : []), grid: $0.grid, tokens: 4) }
        }
      }
    }
    let error = #expect(throws: VLMError.self) {
      try features(GrowingModel(), .none, of: Self.frames(Self.three))
    }
    #expect(error?.code == .featuresUneven && error?.tensor == "vision.blocks.0")
  }

  @Test func nothingIsLeftWithoutACache() throws {
    let encoder = CountingModel()
    let first = try features(encoder, .none)
    #expect(try first.features.features(0, .mean)!.rowCount == 20)
    #expect(try !features(encoder, .none).fromCache)
  }
}
