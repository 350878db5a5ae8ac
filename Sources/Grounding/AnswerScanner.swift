/// Goes through an answer once, from left to right; time is linear in its length.
struct AnswerScanner {
  private(set) var mentions: [GroundedAnswer.Mention] = []
  private(set) var unread: [String] = []

  private let picture: PictureSize
  private var rest: Substring
  /// Of the last object_ref, until a place takes it.
  private var label: String?

  private enum Tag: String, CaseIterable {
    case object = "object_ref"
    case point, box

    var start: String { "<|\(rawValue)_start|>" }
    var end: String { "<|\(rawValue)_end|>" }
  }

  init(_ text: String, picture: PictureSize) {
    self.picture = picture
    rest = text[...]
  }

  mutating func run() {
    while let next = rest.first {
      switch next {
      case "<":
        if let tag = Tag.allCases.first(where: { rest.hasPrefix($0.start) }) {
          span(tag)
        } else {
          rest.removeFirst()
        }
      case "(", "[": bare(next)
      default: rest.removeFirst()
      }
    }
  }

  // MARK: Tags

  private mutating func span(_ tag: Tag) {
    let whole = rest
    rest.removeFirst(tag.start.count)
    guard let end = Self.range(of: tag.end, in: rest, before: Tag.allCases.map(\.start)) else {
      unread.append(String(whole.prefix(80)))
      return
    }
    let content = rest[..<end.lowerBound]
    rest = rest[end.upperBound...]
    guard tag != .object else {
      label = content.filter { !$0.isNewline }
      return
    }
    guard let points = points(content), let places = Self.places(points, tag == .box) else {
      unread.append(tag.start + content.prefix(80) + tag.end)
      return
    }
    mentions.append(GroundedAnswer.Mention(label: label, places: places, hasTags: true))
    label = nil
  }

  /// Where `end` is, if no span begins before it: a span without an end does not take another's.
  private static func range(of end: String, in text: Substring, before starts: [String]) -> Range<String.Index>? {
    var place = text.startIndex
    while let found = text[place...].firstIndex(of: "<") {
      let here = text[found...]
      if here.hasPrefix(end) { return found..<text.index(found, offsetBy: end.count) }
      if starts.contains(where: here.hasPrefix) { return nil }
      place = text.index(after: found)
    }
    return nil
  }

  /// Every point of a point span; of a box span, a box of each two. One pair in a box span is the box's centre.
  private static func places(_ points: [PicturePoint], _ isBox: Bool) -> [PicturePlace]? {
    guard isBox, points.count > 1 else { return points.isEmpty ? nil : points.map { .point($0) } }
    guard points.count.isMultiple(of: 2) else { return nil }
    return stride(from: 0, to: points.count, by: 2).map { .box(PictureBox(points[$0], points[$0 + 1])) }
  }

  // MARK: Numbers

  /// `(1,2), (x=0.3,y=0.4)` and nothing else; `nil` for anything else.
  private func points(_ content: Substring) -> [PicturePoint]? {
    var (rest, points) = (content, [PicturePoint]())
    Self.skipSpaces(&rest)
    while !rest.isEmpty {
      guard rest.first == "(", let point = Self.pair(&rest) else { return nil }
      points.append(point)
      Self.skipSpaces(&rest)
      if rest.first == "," {
        rest.removeFirst()
        Self.skipSpaces(&rest)
        if rest.isEmpty { return nil }
      }
    }
    return points
  }

  /// A place without tags; what is none of these is prose.
  private mutating func bare(_ bracket: Character) {
    var ahead = rest
    var places: [PicturePlace]?
    if bracket == "(" {
      places = Self.pair(&ahead).map { [.point($0)] }
    } else if let numbers = Self.list(&ahead) {
      let scale = CoordinateScale.pixels(picture)
      switch numbers.count {
      case 2: places = [.point(scale.point(numbers[0], numbers[1]))]
      case 4: places = [.box(PictureBox(scale.point(numbers[0], numbers[1]), scale.point(numbers[2], numbers[3])))]
      default: break
      }
    }
    guard let places else { return rest = rest.dropFirst() }
    rest = ahead
    mentions.append(GroundedAnswer.Mention(label: label, places: places, hasTags: false))
    label = nil
  }

  /// `(12, 34)`, or `(x=0.12, y=0.34)` in fractions; consumed only where it is one.
  private static func pair(_ text: inout Substring) -> PicturePoint? {
    var rest = text.dropFirst()
    let isNamed = name("x", &rest)
    guard let x = number(&rest), comma(&rest), name("y", &rest) == isNamed, let y = number(&rest) else { return nil }
    skipSpaces(&rest)
    guard rest.first == ")" else { return nil }
    text = rest.dropFirst()
    return (isNamed ? CoordinateScale.fractions : .thousandths).point(x, y)
  }

  /// `[1, 2, …]`.
  private static func list(_ text: inout Substring) -> [Double]? {
    var (rest, numbers) = (text.dropFirst(), [Double]())
    repeat {
      guard let number = number(&rest) else { return nil }
      numbers.append(number)
    } while numbers.count < 5 && comma(&rest)
    skipSpaces(&rest)
    guard rest.first == "]" else { return nil }
    text = rest.dropFirst()
    return numbers
  }

  private static func skipSpaces(_ text: inout Substring) { text = text.drop(while: \.isWhitespace) }

  private static func comma(_ text: inout Substring) -> Bool {
    skipSpaces(&text)
    guard text.first == "," else { return false }
    text.removeFirst()
    return true
  }

  /// `x=`
  private static func name(_ name: Character, _ text: inout Substring) -> Bool {
    var rest = text
    skipSpaces(&rest)
    guard rest.popFirst() == name else { return false }
    skipSpaces(&rest)
    guard rest.popFirst() == "=" else { return false }
    text = rest
    return true
  }

  /// A decimal number of at most nine digits: no picture has more pixels.
  private static func number(_ text: inout Substring) -> Double? {
    var rest = text
    skipSpaces(&rest)
    let isNegative = rest.first == "-"
    if isNegative { rest.removeFirst() }
    let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    guard digits.count <= 20, digits.first != ".", digits.last != ".", let value = Double(digits), value < 1e9 else { return nil }
    text = rest.dropFirst(digits.count)
    return isNegative ? -value : value
  }
}
