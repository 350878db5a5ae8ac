internal import Foundation
import Files
import Tensors

/// Answers in OpenAI's shapes: `chat.completion`, and `chat.completion.chunk` for each piece of one that is streamed.
struct ChatAnswer {
  /// What an answer came to.
  struct Outcome {
    let count: ChatCount
    /// `stop`, or `length` where the limit ended it.
    let finish: String

    var usage: JSONValue {
      .object([
        "prompt_tokens": .int(count.prompt), "completion_tokens": .int(count.completion),
        "total_tokens": .int(count.prompt + count.completion),
      ])
    }
  }

  let model: String
  let id = "chatcmpl-" + UUID().uuidString.lowercased().filter { $0 != "-" }
  let created = Int(Date().timeIntervalSince1970)

  func whole(_ text: String, _ outcome: Outcome) -> JSONValue {
    let message = JSONValue.object(["role": .string("assistant"), "content": .string(text)])
    return object(
      "chat.completion", choices: [choice("message", message, finish: outcome.finish)], ["usage": outcome.usage])
  }

  /// - Parameter sharesUsage: whether a chunk with the usage comes at the end, of which the others say null.
  func chunk(_ delta: [String: String], finish: String? = nil, sharesUsage: Bool) -> JSONValue {
    object(
      "chat.completion.chunk", choices: [choice("delta", .object(delta.mapValues { .string($0) }), finish: finish)],
      sharesUsage ? ["usage": .null] : [:])
  }

  func usageChunk(_ outcome: Outcome) -> JSONValue {
    object("chat.completion.chunk", choices: [], ["usage": outcome.usage])
  }

  private func choice(_ name: String, _ value: JSONValue, finish: String?) -> JSONValue {
    .object([
      "index": .int(0), name: value, "logprobs": .null, "finish_reason": finish.map { .string($0) } ?? .null,
    ])
  }

  private func object(_ kind: String, choices: [JSONValue], _ more: [String: JSONValue]) -> JSONValue {
    let members: [String: JSONValue] = [
      "id": .string(id), "object": .string(kind), "created": .int(created), "model": .string(model),
      "choices": .array(choices),
    ]
    return .object(members.merging(more) { $1 })
  }
}
