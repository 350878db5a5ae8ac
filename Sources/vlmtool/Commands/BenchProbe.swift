import ArgumentParser
import Benchmarks
import Files
import Reports

struct BenchProbe: UsesOpenBLAS {
  static let configuration = CommandConfiguration(
    commandName: "probe", abstract: "Time the nested ridge probe on 5000 frames of 1280 features.")

  @OptionGroup var common: CommonOptions

  @Option(name: .long, help: "Timed runs.")
  var runs = 5

  @Option(
    name: .long, help: "Save the problem and our predictions here (HDF5), for rivals.", completion: .file())
  var save: String?

  func validate() throws {
    if runs < 1 { throw ValidationError("--runs must be at least 1") }
  }

  func run() throws {
    let save = try save.map { try ResultFile($0, .hdf5, apartFrom: []).path }
    let result = try common.run { _ in try ProbeBenchmark(runs: runs, save: save) }
    try common.print(result, as: .benchProbe) { result.render(on: $0) }
  }
}
