import Tensors

/// What became of a request, for a log.
package enum ChatEvent: Sendable, CustomStringConvertible {
  case answered(ChatCount, pictures: Int, finish: String, seconds: Double)
  /// What the client did wrong, as an error says it.
  case refused(String)
  /// The client went away before the answer was whole.
  case left(seconds: Double)
  /// The model failed in the middle of an answer.
  case failed(String)

  package var description: String {
    switch self {
    case .answered(let count, let pictures, let finish, let seconds):
      let seen = pictures == 0 ? "" : pictures == 1 ? ", 1 picture" : ", \(pictures) pictures"
      return
        "answered: \(count.prompt) tokens read\(seen), \(count.completion) written in \(Self.rounded(seconds)) s (\(finish))"
    case .refused(let message): return "refused: \(message)"
    case .left(let seconds): return "the client left after \(Self.rounded(seconds)) s"
    case .failed(let message): return "failed: \(VLMError(.handlerFailed, message))"
    }
  }

  private static func rounded(_ seconds: Double) -> Double { (seconds * 100).rounded() / 100 }
}
