/// How an answer in words is judged: by an exact match, or by the option that it names. The protocol is this tool's own: the authors of
/// JARVIS-VLA published none, and no judge is asked here.
package struct ChoiceScore: Equatable, Sendable {
  /// What stands beside every such number.
  package static let label = "vlmtool's own protocol: exact match, or the option named; the paper's is not published"

  /// The option that the answer names, by its place; `nil` for none, or more than one.
  package let chosen: Int?
  package let isCorrect: Bool

  /// - Parameters:
  ///   - options: their texts, of A, B, C and so on; empty for a question without any.
  ///   - truth: the right option's letter or text, or the right answer.
  package init(_ answer: String, options: [String] = [], truth: String) {
    let wanted = Self.option(truth, options)
    let (chosen, said) = (Self.option(answer, options), Self.plain(answer))
    self.chosen = chosen
    isCorrect = wanted.map { $0 == chosen } ?? (!said.isEmpty && said == Self.plain(truth))
  }

  /// By its letter, alone or before its text, or by its text alone.
  private static func option(_ answer: String, _ options: [String]) -> Int? {
    guard !options.isEmpty else { return nil }
    let text = plain(answer)
    if let index = options.firstIndex(where: { plain($0) == text }) { return index }
    let lead = ["the correct answer is ", "the answer is ", "answer is ", "answer: ", "option "].first { text.hasPrefix($0) } ?? ""
    var rest = text.dropFirst(lead.count)
    let isBracketed = rest.first == "("
    if isBracketed { rest.removeFirst() }
    let index = rest.popFirst()?.asciiValue.map { Int($0) - Int(UInt8(ascii: "a")) }
    let stop = rest.popFirst()
    let isLetter = isBracketed ? stop == ")" : stop.map { ".):".contains($0) } ?? true
    guard isLetter, let index, options.indices.contains(index) else {
      return options.firstIndex { plain($0) == plain(String(text.dropFirst(lead.count))) }
    }
    // What follows the letter must not be another option's text.
    let said = plain(String(rest))
    if let other = options.firstIndex(where: { plain($0) == said }), other != index { return nil }
    return index
  }

  /// Small letters, single spaces, without quotes around it and a full stop behind.
  private static func plain(_ text: String) -> String {
    var words = text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")[...]
    while let last = words.last, ".!\"'`".contains(last) { words.removeLast() }
    while let first = words.first, "\"'`".contains(first) { words.removeFirst() }
    return String(words)
  }
}
