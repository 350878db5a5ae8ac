import ArgumentParser
import Benchmarks
import Reports

struct BenchKernels: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kernels",
    abstract: "Rate the products and attention of a Qwen2-VL encoder against the machine's peaks.")

  @OptionGroup var common: CommonOptions

  func run() throws {
    let result = try common.run { _ in try KernelBenchmark.run() }
    try common.print(result, as: .benchKernels) { result.render(on: $0) }
  }
}
