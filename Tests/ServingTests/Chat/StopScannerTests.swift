import Testing

@testable import Serving

@Suite struct StopScannerTests {
  static func run(_ stops: [String], _ pieces: [String]) -> (given: [String], isStopped: Bool) {
    var scanner = StopScanner(stops)
    let given = pieces.map { scanner.append($0) } + [scanner.finish()]
    return (given, scanner.isStopped)
  }

  @Test(
    arguments: [
      ([], ["one ", "two"], ["one ", "two", ""], false),
      (["\n\n"], ["one\n", "\ntwo"], ["one", "", ""], true),
      (["\n\n"], ["one\n", "two\n"], ["one", "\ntwo", "\n"], false),
      (["stop"], ["don't st", "art, stop it", "more"], ["don't ", "start, ", "", ""], true),
      (["aab"], ["aa", "aa", "b!"], ["", "aa", "", ""], true),
      (["abcd", "bc"], ["xabc", "d"], ["xa", "", ""], true),
      (["bc", "abc"], ["xabc"], ["x", ""], true),
      (["é"], ["caf", "è", "é!"], ["caf", "è", "", ""], true),
      (["x"], ["x"], ["", ""], true),
      (["👩‍👩‍👧"], ["👩‍", "👩‍👦"], ["", "👩‍👩‍👦", ""], false),
    ] as [([String], [String], [String], Bool)])
  func givesTheTextBeforeAStop(stops: [String], pieces: [String], given: [String], isStopped: Bool) {
    let result = Self.run(stops, pieces)
    #expect(result.given == given && result.isStopped == isStopped, "\(result)")
  }

  /// Cut into pieces in any way, a text stops where the first string is complete that it holds.
  @Test func doesNotDependOnPieces() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      func word(_ lengths: ClosedRange<Int>) -> String {
        String((0..<Int.random(in: lengths, using: &random)).map { _ in "abé".randomElement(using: &random)! })
      }
      let text = word(0...20)
      let stops = (0..<Int.random(in: 1...4, using: &random)).map { _ in word(1...4) }
      var (pieces, rest) = ([String](), text[...])
      while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 0...4, using: &random))
        pieces.append(String(piece))
        rest = rest.dropFirst(piece.count)
      }
      let result = Self.run(stops, pieces)
      let expected = Self.naive(text, stops)
      #expect(
        result.given.joined() == expected.text && result.isStopped == expected.isStopped,
        "\(stops) in \(pieces): \(result.given), and not \(expected)")
    }
  }

  private static func naive(_ text: String, _ stops: [String]) -> (text: String, isStopped: Bool) {
    for end in 0...text.count {
      let beginning = text.prefix(end)
      if let longest = stops.filter({ beginning.hasSuffix($0) }).map(\.count).max() {
        return (String(beginning.dropLast(longest)), true)
      }
    }
    return (text, false)
  }
}
