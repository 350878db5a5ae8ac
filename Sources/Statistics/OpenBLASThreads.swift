internal import COpenBLAS
internal import Foundation

/// The threads that OpenBLAS starts as soon as it is loaded, whether or not anybody asks it for something.
package enum OpenBLASThreads {
  /// How many it started.
  package static var count: Int { Int(openblas_get_num_threads()) }

  /// Ends them; the first product that has work for them starts them again.
  ///
  /// New threads look for work over and over before they sleep: on two cores that is a quarter of what `inspect` takes.
  /// This is what OpenBLAS does itself before a fork. Builds without threads of their own have no such function.
  package static func stopIdle() {
    #if os(Linux)
      guard let function = dlsym(nil, "blas_thread_shutdown_") else { return }
      typealias Shutdown = @convention(c) () -> CInt
      _ = unsafeBitCast(function, to: Shutdown.self)()
    #endif
  }
}
