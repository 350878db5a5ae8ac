internal import CKernels

/// The arithmetic of one instruction set, one method a kernel; `Kernels.active` is what to use.
///
/// Methods take pointers, check nothing but what the types say, and run on the calling thread: callers split rows with
/// `Parallel`. Results of one instruction set do not depend on how rows are split.
package struct Kernels {
  package let instructionSet: InstructionSet
  let table: UnsafePointer<vk_kernels>

  /// The kernels of `instructionSet`, or `nil` where this machine lacks it.
  package init?(_ instructionSet: InstructionSet) {
    guard let table = vk_kernels_for(instructionSet.isa) else { return nil }
    self.instructionSet = instructionSet
    self.table = table
  }

  /// The best that this machine has, unless the environment's `VLMTOOL_ISA` says otherwise.
  package static let active: Kernels = {
    let isa = vk_active().pointee.isa
    return InstructionSet.allCases.lazy.filter { $0.isa == isa }.compactMap { Kernels($0) }.first!
  }()
}

// The table is constant data of the program.
extension Kernels: @unchecked Sendable {}
