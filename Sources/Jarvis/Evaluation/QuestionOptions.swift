/// The options that a question's text lists, each on a line of its own.
enum QuestionOptions {
  /// `A. stone` or `(A) stone` or `A: stone`, from A on without a gap; empty where there are not at least two.
  static func listed(in text: String) -> [String] {
    var options: [String] = []
    for line in text.split(whereSeparator: \.isNewline) {
      guard let (letter, option) = option(line) else {
        // Blank lines apart, the list has ended.
        if options.count > 1, !line.allSatisfy(\.isWhitespace) { break }
        if !line.allSatisfy(\.isWhitespace) { options = [] }
        continue
      }
      if letter == options.count { options.append(option) } else { options = letter == 0 ? [option] : [] }
    }
    return options.count > 1 ? options : []
  }

  /// `\n` and the lines of options that a text does not have.
  static func lines(_ options: [String]) -> String {
    options.enumerated().map { index, option in
      "\n\(Character(UnicodeScalar(UInt8(ascii: "A") + UInt8(index)))). \(option)"
    }.joined()
  }

  private static func option(_ line: Substring) -> (letter: Int, text: String)? {
    guard let match = line.wholeMatch(of: /\s*(?:\(([A-Z])\)|([A-Z])[.):])\s+(\S.*)/), let letter = (match.1 ?? match.2)?.utf8.first
    else { return nil }
    var text = match.3
    while text.last?.isWhitespace == true { text.removeLast() }
    return (Int(letter) - Int(UInt8(ascii: "A")), String(text))
  }
}
