internal import Foundation
internal import Tensors

/// Counts failures, and waits longer after each.
struct HubRetry {
  private let manner: HubDownload.Manner
  private var failures = 0

  init(_ manner: HubDownload.Manner) { self.manner = manner }

  mutating func succeeded() { failures = 0 }

  /// When to try again.
  ///
  /// - Throws: what lasts, or failed too often.
  mutating func moment(after failure: HTTPRequest.Failure, _ address: String) throws(VLMError) -> ContinuousClock.Instant {
    switch failure {
    case .lasting(let error): throw error
    case .passing(let message, let wish):
      failures += 1
      guard failures < manner.attempts else {
        throw VLMError(
          .hubUnreachable, "\(message) (tried \(failures) times)", file: address,
          remedy: "check the network, HF_ENDPOINT and the proxy, and run it again: what came is kept")
      }
      let pause = max(manner.pause * Double(1 << min(failures - 1, 6)), Double(min(wish ?? 0, 300)))
      return .now + .seconds(pause)
    }
  }
}
