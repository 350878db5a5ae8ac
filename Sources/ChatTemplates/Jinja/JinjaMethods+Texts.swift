internal import Tensors

extension JinjaMethods {
  /// Without the white space, or the given characters, at its ends.
  static func strip(_ text: String, _ characters: String?, left: Bool, right: Bool) -> String {
    let set = characters.map { Array($0.unicodeScalars) }
    let isStripped = { (scalar: UnicodeScalar) in
      // Python's white space also has the four separators of ASCII.
      set?.contains(scalar) ?? (scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value))
    }
    var scalars = text.unicodeScalars[...]
    while left, let first = scalars.first, isStripped(first) { scalars.removeFirst() }
    while right, let last = scalars.last, isStripped(last) { scalars.removeLast() }
    return String(scalars)
  }

  static func firstIndex(of part: String, in scalars: [UnicodeScalar], from start: Int) -> Int? {
    let wanted = Array(part.unicodeScalars)
    guard let first = wanted.first else { return start <= scalars.count ? start : nil }
    var index = start
    while index + wanted.count <= scalars.count {
      if scalars[index] == first, scalars[index..<index + wanted.count].elementsEqual(wanted) { return index }
      index += 1
    }
    return nil
  }

  /// Python's `split(separator, limit)`; no limit below zero. The separator is not empty.
  static func split(_ text: String, _ separator: String, limit: Int = -1, fromRight: Bool = false) -> [String]
  {
    let scalars = Array(text.unicodeScalars)
    let width = separator.unicodeScalars.count
    var cuts: [Int] = []
    if width == 0 { return [text] }
    if fromRight {
      let wanted = Array(separator.unicodeScalars)
      var end = scalars.count
      while end >= width, limit < 0 || cuts.count < limit {
        if scalars[end - width..<end].elementsEqual(wanted) {
          cuts.append(end - width)
          end -= width
        } else {
          end -= 1
        }
      }
      cuts.reverse()
    } else {
      var start = 0
      while limit < 0 || cuts.count < limit, let found = firstIndex(of: separator, in: scalars, from: start) {
        cuts.append(found)
        start = found + width
      }
    }
    var parts: [String] = []
    var start = 0
    for cut in cuts {
      parts.append(string(scalars[start..<cut]))
      start = cut + width
    }
    parts.append(string(scalars[start...]))
    return parts
  }

  /// Python's `split()`: runs of white space, none at the ends.
  static func words(_ scalars: [UnicodeScalar], limit: Int, fromRight: Bool) -> [String] {
    if fromRight {
      return words(scalars.reversed(), limit: limit, fromRight: false).map {
        string($0.unicodeScalars.reversed())
      }
      .reversed()
    }
    var words: [String] = []
    var index = 0
    while true {
      while index < scalars.count, scalars[index].properties.isWhitespace { index += 1 }
      if index == scalars.count { return words }
      if limit >= 0, words.count == limit {
        words.append(strip(string(scalars[index...]), nil, left: false, right: true))
        return words
      }
      let start = index
      while index < scalars.count, !scalars[index].properties.isWhitespace { index += 1 }
      words.append(string(scalars[start..<index]))
    }
  }

  static func replaced(_ scalars: [UnicodeScalar], _ old: [UnicodeScalar], _ new: String, _ limit: Int?)
    -> String
  {
    var result = String.UnicodeScalarView()
    var left = limit.map { $0 < 0 ? Int.max : $0 } ?? .max
    var index = 0
    while index <= scalars.count {
      let isMatch =
        left > 0 && index + old.count <= scalars.count
        && scalars[index..<index + old.count].elementsEqual(old)
      if isMatch {
        result.append(contentsOf: new.unicodeScalars)
        left -= 1
        index += old.count
      }
      if !isMatch || old.isEmpty {
        if index < scalars.count { result.append(scalars[index]) }
        index += 1
      }
    }
    return String(result)
  }

  static func titled(_ text: String) -> String {
    var result = ""
    var isInWord = false
    for scalar in text.unicodeScalars {
      let isCased = scalar.properties.isCased
      result +=
        isCased
        ? (isInWord ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping)
        : String(scalar)
      isInWord = isCased
    }
    return result
  }

  /// `"%s of %d" % values`, with `%s %d %r %%` only.
  static func percentFormat(_ format: String, _ value: JinjaValue, _ renderer: JinjaRenderer) throws(VLMError)
    -> String
  {
    var values: [JinjaValue]
    if case .tuple(let items) = value { values = items } else { values = [value] }
    let result = try JinjaText.expandingDirectives(format, renderer) { directive throws(VLMError) in
      guard !values.isEmpty else { throw renderer.failure("the format has more places than values") }
      let next = values.removeFirst()
      switch directive {
      case "s": return JinjaText.string(next)
      case "r": return JinjaText.representation(next)
      case "d", "i":
        guard let number = next.numeric, number.magnitude < 1e18 else {
          throw renderer.failure("'%d' needs a number")
        }
        return "\(Int(number))"
      default: throw renderer.failure("the format '%\(directive)' is not supported")
      }
    }
    guard values.isEmpty else { throw renderer.failure("the format does not take all values") }
    try renderer.account(result)
    return result
  }

  /// `"{} of {name}".format(…)`, without format specifications.
  static func braceFormat(_ format: String, _ arguments: JinjaArguments, _ renderer: JinjaRenderer)
    throws(VLMError) -> String
  {
    var result = ""
    var next = 0
    let scalars = Array(format.unicodeScalars)
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      index += 1
      guard scalar == "{" || scalar == "}" else {
        result.unicodeScalars.append(scalar)
        continue
      }
      if index < scalars.count, scalars[index] == scalar {
        result.unicodeScalars.append(scalar)
        index += 1
        continue
      }
      guard scalar == "{", let end = scalars[index...].firstIndex(of: "}") else {
        throw renderer.failure("the format has a single brace")
      }
      let field = string(scalars[index..<end])
      index = end + 1
      let place = field.isEmpty ? next : Int(field)
      if field.isEmpty { next += 1 }
      let value =
        place.map { arguments.positional.indices.contains($0) ? arguments.positional[$0] : nil }
        ?? arguments.named.first { $0.name == field }?.value
      guard let value else { throw renderer.failure("the format names '\(field)', which is not given") }
      result += JinjaText.string(value)
    }
    try renderer.account(result)
    return result
  }
}
