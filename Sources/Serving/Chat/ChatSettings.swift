import Files
import Tensors

/// How an answer is to be written, as far as the request says it.
package struct ChatSettings: Sendable, Equatable {
  package private(set) var model: String?
  /// 0 takes the likeliest token.
  package private(set) var temperature: Double?
  package private(set) var topP: Double?
  /// 0 takes them all.
  package private(set) var topK: Int?
  package private(set) var seed: UInt64?
  /// Tokens at most.
  package private(set) var limit: Int?
  package private(set) var skipsSpecialTokens = true
  /// Strings that end the text before them.
  private(set) var stops: [String] = []
  private(set) var streams = false
  private(set) var includesUsage = false

  /// Fields that change nothing here whatever they hold.
  static let idle: Set<String> = [
    "user", "metadata", "store", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention", "prediction",
    "parallel_tool_calls", "request_id", "priority", "cache_salt",
  ]

  /// What others may hold: values with which the answer is what it is without the field.
  private static let neutral: [String: [JSONValue]] = [
    "n": [.int(1)], "best_of": [.int(1)], "use_beam_search": [.bool(false)],
    "logprobs": [.bool(false)], "top_logprobs": [.int(0)], "logit_bias": [.object([:])],
    "frequency_penalty": [.int(0)], "presence_penalty": [.int(0)], "repetition_penalty": [.int(1)],
    "length_penalty": [.int(1)], "min_p": [.int(0)], "min_tokens": [.int(0)],
    "tools": [.array([])], "tool_choice": [.string("none"), .string("auto")],
    "functions": [.array([])], "function_call": [.string("none"), .string("auto")],
    "response_format": [.object(["type": .string("text")])], "modalities": [.array([.string("text")])],
    "stop_token_ids": [.array([])], "bad_words": [.array([])], "ignore_eos": [.bool(false)],
    "include_stop_str_in_output": [.bool(false)], "spaces_between_special_tokens": [.bool(true)],
    "echo": [.bool(false)], "add_generation_prompt": [.bool(true)], "continue_final_message": [.bool(false)],
    "add_special_tokens": [.bool(false)],
  ]

  /// - Parameter fields: all of a request but its messages and `idle` ones; `nil` for one that is too long to be any of these.
  /// - Throws: `serving.request.content` for what is not known, not to be had here, or out of its range.
  init(_ fields: [String: JSONValue?]) throws(VLMError) {
    var (most, mostCompleted): (Int?, Int?) = (nil, nil)
    var streamOptions: [String: JSONValue]?
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
      guard let value else { throw ChatReader.failure("is too long", name) }
      if value == .null { continue }
      switch name {
      case "model": model = try Self.text(value, name)
      case "temperature": temperature = try Self.number(value, name, "0 or more") { $0 >= 0 }
      case "top_p": topP = try Self.number(value, name, "above 0 and at most 1") { $0 > 0 && $0 <= 1 }
      case "top_k": topK = max(0, try Self.whole(value, name, -1...Int.max))
      case "seed": seed = UInt64(bitPattern: Int64(try Self.whole(value, name, Int.min...Int.max)))
      case "max_tokens": most = try Self.whole(value, name, 1...Int.max)
      case "max_completion_tokens": mostCompleted = try Self.whole(value, name, 1...Int.max)
      case "skip_special_tokens": skipsSpecialTokens = try Self.flag(value, name)
      case "stop": stops = try Self.stops(value)
      case "stream": streams = try Self.flag(value, name)
      case "stream_options":
        guard case .object(let members) = value else { throw Self.wrong(value, name, "an object") }
        streamOptions = members
      default: try Self.checkNeutral(value, name)
      }
    }
    if let most, let mostCompleted, most != mostCompleted {
      throw ChatReader.failure("is \(most), and max_completion_tokens is \(mostCompleted)", "max_tokens", remedy: "send one of them")
    }
    limit = most ?? mostCompleted
    if let streamOptions {
      guard streams else { throw ChatReader.failure("is for requests with stream true", "stream_options") }
      includesUsage = try Self.includesUsage(streamOptions)
    }
  }

  private static func includesUsage(_ options: [String: JSONValue]) throws(VLMError) -> Bool {
    var includesUsage = false
    for (name, value) in options.sorted(by: { $0.key < $1.key }) where value != .null {
      switch name {
      case "include_usage": includesUsage = try flag(value, "stream_options.\(name)")
      // Random letters that hide how long a piece is.
      case "include_obfuscation": _ = try flag(value, "stream_options.\(name)")
      case "continuous_usage_stats" where value == .bool(false): break
      default: throw notUnderstood(value, "stream_options.\(name)")
      }
    }
    return includesUsage
  }

  private static func checkNeutral(_ value: JSONValue, _ name: String) throws(VLMError) {
    guard let allowed = neutral[name] else { throw notUnderstood(value, name) }
    let isNeutral = allowed.contains { $0 == value || $0.doubleValue != nil && $0.doubleValue == value.doubleValue }
    guard isNeutral else {
      throw ChatReader.failure(
        "is \(value.summary), which is not to be had here; only \(allowed.map(\.summary).joined(separator: " and ")) is", name,
        remedy: "leave it out")
    }
  }

  private static func notUnderstood(_ value: JSONValue, _ name: String) -> VLMError {
    ChatReader.failure("is \(value.summary), and there is no such field here", name, remedy: "leave it out")
  }

  private static func wrong(_ value: JSONValue, _ name: String, _ expected: String) -> VLMError {
    ChatReader.failure("is \(value.summary), not \(expected)", name)
  }

  private static func text(_ value: JSONValue, _ name: String) throws(VLMError) -> String {
    guard let text = value.stringValue else { throw wrong(value, name, "a text") }
    return text
  }

  private static func flag(_ value: JSONValue, _ name: String) throws(VLMError) -> Bool {
    guard let flag = value.boolValue else { throw wrong(value, name, "true or false") }
    return flag
  }

  private static func number(
    _ value: JSONValue, _ name: String, _ range: String, _ isIn: (Double) -> Bool
  ) throws(VLMError) -> Double {
    guard let number = value.doubleValue, isIn(number) else { throw wrong(value, name, "a number \(range)") }
    return number
  }

  private static func whole(_ value: JSONValue, _ name: String, _ range: ClosedRange<Int>) throws(VLMError) -> Int {
    guard let number = value.intValue, range.contains(number) else {
      let least = range.lowerBound == Int.min ? "" : " of \(range.lowerBound) or more"
      throw wrong(value, name, "a whole number\(least)")
    }
    return number
  }

  private static func stops(_ value: JSONValue) throws(VLMError) -> [String] {
    guard let values = value.stringValue.map({ [JSONValue.string($0)] }) ?? value.arrayValue, values.count <= 4 else {
      throw wrong(value, "stop", "a text or up to four")
    }
    var stops: [String] = []
    for value in values { stops.append(try text(value, "stop")) }
    if stops.contains("") { throw ChatReader.failure("has an empty text, which would end every answer at once", "stop") }
    return stops
  }
}
