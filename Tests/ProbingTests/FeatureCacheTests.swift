import Foundation
import Images
import Probing
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite struct FeatureCacheTests {
  /// Counts how often it is run; its one stage holds the first pixel.
  private final class CountingEncoder: ProbedEncoder {
    let runs = Mutex<Int>(0)
    var stages: [StageName] { [StageName(name: "vision.blocks.0", kind: .block)] }

    func encode(_ images: [RGBImage], gridSide: Int) -> [[PooledStage]] {
      runs.withLock { $0 += images.count }
      return [
        images.map {
          PooledStage(mean: [Float($0.pixels[0]), 1], grid: [1, 2, 3, Float($0.pixels[0])], tokens: 4)
        }
      ]
    }
  }

  private static let frames = FeatureCache.Frames(count: 20, episodes: 2) { episode in
    (0..<10).map { RGBImage(width: 1, height: 1, pixels: [UInt8(episode * 10 + $0), 0, 0]) }
  }

  private func features(_ encoder: CountingEncoder, _ place: FeatureCache.Place, key: String = "k") throws
    -> FeatureCache.Outcome
  {
    try FeatureCache(place).features(
      key: [key], frames: Self.frames, gridSide: 2, activity: "test", progress: nil, encoder: { encoder })
  }

  @Test func aSecondRunDoesNotEncode() throws {
    try Fixture.withTemporaryDirectory { directory in
      let encoder = CountingEncoder()
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
      let encoder = CountingEncoder()
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

  @Test func nothingIsLeftWithoutACache() throws {
    let encoder = CountingEncoder()
    let first = try features(encoder, .none)
    #expect(try first.features.features(0, .mean)!.rowCount == 20)
    #expect(try !features(encoder, .none).fromCache)
  }
}
