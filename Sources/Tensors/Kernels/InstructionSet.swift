internal import CKernels

/// The instruction sets that kernels are written for, each including what its name implies.
package enum InstructionSet: String, CaseIterable, Sendable {
  case scalar
  case neon
  /// AVX2 with FMA and F16C.
  case avx2
  /// AVX-512 F, BW, DQ, VL and VNNI.
  case avx512vnni

  /// What kernels use: the best this machine has, or what the environment's `VLMTOOL_ISA` names.
  package static var active: InstructionSet { Kernels.active.instructionSet }

  /// What this machine can run, worst first; `scalar` is always there.
  package static var available: [InstructionSet] { allCases.filter { Kernels($0) != nil } }

  /// Whether `VLMTOOL_ISA` is set to something this machine cannot run or that does not exist.
  package static var overrideIsIgnored: Bool { vk_isa_override_ignored() }

  var isa: vk_isa {
    switch self {
    case .scalar: VK_ISA_SCALAR
    case .neon: VK_ISA_NEON
    case .avx2: VK_ISA_AVX2
    case .avx512vnni: VK_ISA_AVX512VNNI
    }
  }
}
