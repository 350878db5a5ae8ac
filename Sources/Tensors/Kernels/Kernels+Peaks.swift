internal import CKernels

extension Kernels {
  /// What the machine does at most with operands in registers, in 10⁹ operations a second on `threads` threads.
  ///
  /// f32: fused multiply-adds. int8: the multiplication this instruction set's int8 product is made of, with its addition.
  package func peaks(threads: Int) -> (float32: Double, int8: Double) {
    let products = table.pointee.products.pointee
    func measure(_ peak: @escaping @convention(c) (Int) -> Int) -> Double {
      let clock = ContinuousClock(), turns = 400_000
      let operations = Double(peak(turns) * threads)
      let rates = (0..<9).map { _ in
        let time = clock.measure { Parallel.forEach(threads, threads: threads) { _ in _ = peak(turns) } }
        return operations / (Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18)
          / 1e9
      }
      return rates.max()!
    }
    return (measure(products.f32_peak), measure(products.s8_peak))
  }
}
