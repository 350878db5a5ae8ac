package import Tensors
internal import Foundation

/// A piece of an answer.
package struct AnswerElement: Hashable, Sendable {
  package enum Content: Hashable, Sendable {
    /// `<|reserved_special_token_N|>`.
    case reserved(Int)
    /// The id of another token.
    case id(Int)
    /// What stands between reserved tokens.
    case text(String)
  }

  package let content: Content
  /// Its place among the ids, or its first byte in the text.
  package let position: Int
}

extension ActionVocabulary {
  package func elements(of ids: [Int]) -> [AnswerElement] {
    ids.enumerated().map { position, id in
      AnswerElement(content: number(of: id).map { .reserved($0) } ?? .id(id), position: position)
    }
  }

  /// The reserved tokens of a text as a tokenizer with this vocabulary finds them, and the text between. Linear.
  package func elements(of text: String) -> [AnswerElement] {
    let bytes = Array(text.utf8)
    var elements: [AnswerElement] = []
    var (start, place) = (0, 0)
    func appendText(to end: Int) {
      guard start < end else { return }
      elements.append(
        AnswerElement(content: .text(String(decoding: bytes[start..<end], as: UTF8.self)), position: start))
    }
    while place < bytes.count {
      if bytes[place] == Self.opening[0], let (number, end) = reserved(in: bytes, at: place) {
        appendText(to: place)
        elements.append(AnswerElement(content: .reserved(number), position: place))
        (start, place) = (end, end)
      } else {
        place += 1
      }
    }
    appendText(to: bytes.count)
    return elements
  }

  private static let opening = Array("<|reserved_special_token_".utf8)
  private static let closing = Array("|>".utf8)

  /// The token that begins at a place, and where it ends. `_07` and `_251` are no token, nor is one below `firstReserved`.
  private func reserved(in bytes: [UInt8], at place: Int) -> (number: Int, end: Int)? {
    guard bytes[place...].starts(with: Self.opening) else { return nil }
    let digits = bytes[(place + Self.opening.count)...].prefix(4).prefix { (48...57).contains($0) }
    guard (1...3).contains(digits.count), bytes[digits.endIndex...].starts(with: Self.closing) else { return nil }
    let number = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    guard (firstReserved..<Self.count).contains(number), digits.count == String(number).count else { return nil }
    return (number, digits.endIndex + Self.closing.count)
  }

  /// Ids in a list such as `151835 151876, 151897` or `[151835, 151876]`; `nil` for a text that is no list of numbers.
  ///
  /// - Throws: `actionTokens.answer.tokens` for a number that no id can be.
  package static func ids(in text: String) throws(VLMError) -> [Int]? {
    let words = text.split { $0.isWhitespace || ",[]".contains($0) }
    guard !words.isEmpty, words.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } || Int($0) != nil }) else {
      return nil
    }
    var ids: [Int] = []
    for word in words {
      guard let id = Int(word), (0...Int(Int32.max)).contains(id) else {
        throw VLMError(.answerTokens, "\(word) is no id of a token", remedy: "ids are whole numbers from 0")
      }
      ids.append(id)
    }
    return ids
  }
}
