import Benchmarks
import Files
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct ProbeBenchmarkTests {
  @Test func findsTheSignalAndSavesTheProblem() throws {
    var extent = ProbeBenchmark.Size()
    (extent.frames, extent.width, extent.targets, extent.episodes) = (600, 80, 2, 20)
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "problem.h5").path
      let benchmark = try ProbeBenchmark(extent, runs: 2, save: path)
      #expect(benchmark.seconds.count == 2 && benchmark.seconds.allSatisfy { $0 > 0 })
      // 64 of 65 parts of the variance are signal.
      #expect(benchmark.rSquared > 0.95 && benchmark.rSquared < 64.0 / 65 + 0.01)
      let file = try HDF5File(path)
      #expect(try file.dataset("/features/float.benchmark.mean").shape == [600, 80])
      let chosen = try file.dataset("/chosen").values(Int.self)
      #expect(chosen.count == 5 && chosen.allSatisfy { (0..<13).contains($0) })
      // Episodes stay in one fold.
      let folds = try file.dataset("/fold").values(Int.self)
      let episodes = try file.dataset("/episode").values(Int.self)
      #expect(zip(folds, episodes).allSatisfy { $0 == $1 % 5 })
    }
  }
}
