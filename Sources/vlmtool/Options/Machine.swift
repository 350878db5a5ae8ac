import Reports
import Runtime
import Tensors

/// What was chosen for this machine without being asked.
enum Machine {
  /// What `main` found out first; set once, before any thread starts.
  nonisolated(unsafe) static var openBLAS: OpenBLASCoreType.Outcome?

  static var kernels: String { InstructionSet.active.rawValue }
  static var threads: Int { Parallel.threads }

  /// `avx2, 2 threads`.
  static var summary: String { "\(kernels), \(threads) threads" }

  /// Writes the choices to standard error, for `--verbose`.
  static func describe() {
    var lines = ["kernels: \(kernels); threads: \(threads)"]
    if InstructionSet.overrideIsIgnored {
      lines.append("VLMTOOL_ISA names nothing this machine can run: ignored")
    }
    if let openBLAS { lines.append("\(openBLAS)") }
    StandardStreams.remark(lines.map { "vlmtool: \($0)\n" }.joined())
  }
}
