internal import COpenBLAS
internal import Foundation
internal import Tensors

/// Which of its kernels OpenBLAS uses, put right where it does not know the processor.
///
/// OpenBLAS picks its kernels when the library loads. Releases such as Debian 12's 0.3.21 take AMD processors with
/// AVX-512 for Zen or Haswell and run at half their speed; `OPENBLAS_CORETYPE=SKYLAKEX` in the environment mends that, but only
/// from the start of a process.
package enum OpenBLASCoreType {
  package enum Outcome: Equatable, Sendable, CustomStringConvertible {
    /// OpenBLAS's own choice stands.
    case detected(String)
    /// The user set `OPENBLAS_CORETYPE`.
    case chosenByUser(String)
    /// This process was started again with kernels for AVX-512.
    case corrected(String, detected: String)
    /// Starting again failed, and OpenBLAS's own choice stands.
    case failed(detected: String, errno: Int32)

    package var description: String {
      switch self {
      case .detected(let core): "OpenBLAS kernels: \(core)"
      case .chosenByUser(let core): "OpenBLAS kernels: \(core), from OPENBLAS_CORETYPE"
      case .corrected(let core, let detected):
        "OpenBLAS kernels: \(core), because this machine has AVX-512 and OpenBLAS took it for \(detected)"
      case .failed(let detected, let errno):
        "OpenBLAS kernels: \(detected), although this machine has AVX-512 (\(String(cString: strerror(errno))))"
      }
    }
  }

  /// Looks at OpenBLAS's choice and, where AVX-512 goes unused, starts this program again with a better one.
  ///
  /// The first thing `main` does: on such a machine the call does not return, and the program's second start returns
  /// `.corrected`. It cannot repeat itself, because a set `OPENBLAS_CORETYPE` is always left alone. Elsewhere it changes
  /// nothing.
  package static func prepareProcess() -> Outcome {
    let environment = ProcessInfo.processInfo.environment
    let detected = String(cString: openblas_get_corename())
    guard
      let core = correction(
        detected: detected, hasAVX512: InstructionSet.available.contains(.avx512vnni),
        environment: environment)
    else {
      guard environment[coreTypeVariable] != nil else { return .detected(detected) }
      return environment[detectedVariable].map { .corrected(detected, detected: $0) }
        ?? .chosenByUser(detected)
    }
    #if os(Linux)
      setenv(coreTypeVariable, core, 1)
      setenv(detectedVariable, detected, 1)
      execv("/proc/self/exe", CommandLine.unsafeArgv)
      let reason = errno
      unsetenv(coreTypeVariable)
      unsetenv(detectedVariable)
      return .failed(detected: detected, errno: reason)
    #else
      return .detected(detected)
    #endif
  }

  /// The core type to ask for instead of `detected`, or `nil` to leave things as they are.
  package static func correction(detected: String, hasAVX512: Bool, environment: [String: String]) -> String?
  {
    guard hasAVX512, environment[coreTypeVariable] == nil else { return nil }
    let usesAVX512 = ["skylakex", "cooperlake", "sapphirerapids", "zen4", "zen5"].contains(
      detected.lowercased())
    return usesAVX512 ? nil : "SKYLAKEX"
  }

  private static let coreTypeVariable = "OPENBLAS_CORETYPE"
  private static let detectedVariable = "VLMTOOL_OPENBLAS_DETECTED"
}
