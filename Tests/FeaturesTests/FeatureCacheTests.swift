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

  private static let frames = FeatureCache.Frames(counts: [10, 10]) { episode in
    (0..<10).map {
      Sample(
        images: [RGBImage(width: 1, height: 1, pixels: [UInt8(episode * 10 + $0), 0, 0])], instruction: "wait"
      )
    }
  }

  private func features(_ encoder: CountingModel, _ place: FeatureCache.Place, key: String = "k") throws
    -> FeatureCache.Outcome
  {
    try FeatureCache(place).features(
      key: [key], label: "a test", frames: Self.frames, gridSide: 2, activity: "test", progress: nil,
      model: { encoder })
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
      for key in ["a", "b", "c"] {
        _ = try features(encoder, .directory(directory.path), key: key)
        usleep(20_000)
      }
      #expect(try features(encoder, .directory(directory.path), key: "a").fromCache)
      let all = store.contents()
      #expect(all.entries.count == 3 && all.entries.allSatisfy { $0.of == "a test" })
      let removed = store.prune(to: all.bytes - 1)
      #expect(removed == [all.entries[0]])
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
      let frames = FeatureCache.Frames(counts: [100, 60, 5, 128, 7]) { episode in
        (0..<[100, 60, 5, 128, 7][episode]).map {
          Sample(
            images: [RGBImage(width: 1, height: 1, pixels: [UInt8((episode * 37 + $0) % 251), 0, 0])],
            instruction: nil)
        }
      }
      func features(_ model: any ProbedModel, _ place: FeatureCache.Place) throws -> FeatureCache.Outcome {
        try FeatureCache(place).features(
          key: ["k"], label: "a test", frames: frames, gridSide: 2, activity: "test", progress: nil,
          model: { model })
      }
      let whole = try features(CountingModel(), .none).features.features(0, .grid)
      let model = CountingModel()
      #expect(throws: FailingModel.Interrupted.self) {
        try features(FailingModel(model, after: 200), .directory(directory.path))
      }
      // The first part, of 160 frames, is there.
      #expect(FeatureStore(directory.path).contents().entries.map(\.of) == ["a test, 160 of them"])
      if damaged {
        let part = try #require(FileManager.default.contentsOfDirectory(atPath: directory.path).first)
        let file = directory.appending(path: part)
        var bytes = try Data(contentsOf: file)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: file)
      }
      let before = model.runs.withLock(\.self)
      let outcome = try features(model, .directory(directory.path))
      #expect(model.runs.withLock(\.self) - before == (damaged ? 300 : 140))
      if damaged {
        let note = try #require(outcome.note)
        #expect(note.hasPrefix("Features that an interrupted run had cached were damaged and have been made anew: "))
      } else {
        #expect(outcome.note == "160 of 300 frames had been encoded by another run.")
      }
      #expect(try outcome.features.features(0, .grid)?.values == whole?.values)
      #expect(FeatureStore(directory.path).contents().entries.map(\.of) == ["a test"])
    }
  }

  /// Finishes the same features before it gives its own last ones.
  private final class OvertakenModel: ProbedModel {
    let other: @Sendable () throws -> Void
    let last: Int
    let model = CountingModel()
    init(after last: Int, by other: @escaping @Sendable () throws -> Void) {
      (self.last, self.other) = (last, other)
    }
    var points: [ProbePoint] { model.points }

    func encode(_ samples: [Sample], at points: [ProbePoint], gridSide: Int) throws -> [[PooledStage]] {
      let before = model.runs.withLock(\.self)
      if before < last, before + samples.count >= last { try other() }
      return model.encode(samples, at: points, gridSide: gridSide)
    }
  }

  @Test func aRunThatIsOvertakenTakesWhatTheOtherMade() throws {
    try Fixture.withTemporaryDirectory { directory in
      let frames = FeatureCache.Frames(counts: [130, 130, 20]) { episode in
        (0..<[130, 130, 20][episode]).map {
          Sample(images: [RGBImage(width: 1, height: 1, pixels: [UInt8($0), 0, 0])], instruction: nil)
        }
      }
      @Sendable func features(_ model: any ProbedModel, _ place: URL) throws -> FeatureCache.Outcome {
        try FeatureCache(.directory(place.path)).features(
          key: ["k"], label: "a test", frames: frames, gridSide: 2, activity: "test", progress: nil,
          model: { model })
      }
      let files = FileManager.default
      let outcome = try features(
        OvertakenModel(after: 200) {
          // The other run is of another process, whose files have other names until they are whole.
          let other = directory.appending(path: "other")
          _ = try features(CountingModel(), other)
          for part in try files.contentsOfDirectory(atPath: directory.path) where part.hasSuffix(".h5") {
            try files.removeItem(at: directory.appending(path: part))
          }
          for whole in try files.contentsOfDirectory(atPath: other.path) {
            try files.moveItem(at: other.appending(path: whole), to: directory.appending(path: whole))
          }
          try files.removeItem(at: other)
        }, directory)
      #expect(
        try outcome.features.features(0, .mean)?.values
          == [130, 130, 20].flatMap { (0..<$0).flatMap { [Float($0), 1] } })
      #expect(FeatureStore(directory.path).contents().entries.map(\.of) == ["a test"])
    }
  }

  @Test func nothingIsLeftWithoutACache() throws {
    let encoder = CountingModel()
    let first = try features(encoder, .none)
    #expect(try first.features.features(0, .mean)!.rowCount == 20)
    #expect(try !features(encoder, .none).fromCache)
  }
}
