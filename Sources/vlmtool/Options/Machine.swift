import ArgumentParser
import Reports
import Statistics
import Tensors

/// What was chosen for this machine without being asked.
enum Machine {
  /// What `main` found out for a command that uses it; set once, before any thread of ours starts.
  nonisolated(unsafe) static var openBLAS: OpenBLASCoreType.Outcome?

  static var kernels: String { InstructionSet.active.rawValue }
  static var threads: Int { Parallel.threads }

  /// `avx2, 2 threads`.
  static var summary: String { "\(kernels), \(threads) threads" }

  /// Writes the choices to standard error, once, for `--verbose`.
  static func describe() { _ = description }

  private static let description: Void = {
    var lines = ["kernels: \(kernels); threads: \(threads)"]
    if InstructionSet.overrideIsIgnored {
      lines.append("VLMTOOL_ISA names nothing this machine can run: ignored")
    }
    if let openBLAS { lines.append("\(openBLAS)") }
    StandardStreams.remark(lines.map { "vlmtool: \($0)\n" }.joined())
  }()
}

/// A command that computes with OpenBLAS, for which this process may have to start again.
protocol UsesOpenBLAS: ParsableCommand {}
