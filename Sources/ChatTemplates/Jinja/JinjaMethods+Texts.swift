internal import Tensors

extension JinjaMethods {
  /// Without the white space, or the given characters, at its ends.
  static func strip(_ text: String, _ characters: String?, left: Bool, right: Bool) -> String {
    let set = characters.map { Set($0.unicodeScalars) }
    let isStripped = { (scalar: UnicodeScalar) in
      // Python's white space also has the four separators of ASCII.
      set?.contains(scalar) ?? (scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value))
    }
    var scalars = text.unicodeScalars[...]
    while left, let first = scalars.first, isStripped(first) { scalars.removeFirst() }
    while right, let last = scalars.last, isStripped(last) { scalars.removeLast() }
    return String(scalars)
  }

  static func firstIndex(of part: String, in scalars: [UnicodeScalar]) -> Int? {
    occurrences(of: Array(part.unicodeScalars), in: scalars, limit: 1).first
  }

  /// Where `wanted` stands, left to right and without overlaps, at most `limit` places; an empty one stands everywhere.
  ///
  /// By Knuth, Morris and Pratt: the time is that of reading both texts, whatever they are.
  static func occurrences(of wanted: [UnicodeScalar], in scalars: [UnicodeScalar], limit: Int) -> [Int] {
    if wanted.isEmpty { return Array((0...scalars.count).prefix(limit)) }
    // For each beginning of `wanted`, how long a shorter beginning it ends with.
    var borders = [Int](repeating: 0, count: wanted.count)
    var length = 0
    for index in wanted.indices.dropFirst() {
      while length > 0, wanted[length] != wanted[index] { length = borders[length - 1] }
      if wanted[length] == wanted[index] { length += 1 }
      borders[index] = length
    }
    var found: [Int] = []
    length = 0
    for (index, scalar) in scalars.enumerated() {
      if found.count == limit { break }
      while length > 0, wanted[length] != scalar { length = borders[length - 1] }
      if wanted[length] == scalar { length += 1 }
      guard length == wanted.count else { continue }
      found.append(index + 1 - length)
      length = 0
    }
    return found
  }

  /// Python's `split(separator, limit)`; no limit below zero. The separator is not empty.
  static func split(_ text: String, _ separator: String, limit: Int = -1, fromRight: Bool = false) -> [String]
  {
    let scalars = Array(text.unicodeScalars)
    let wanted = Array(separator.unicodeScalars)
    let width = wanted.count
    let limit = limit < 0 ? Int.max : limit
    let cuts =
      fromRight
      ? occurrences(of: wanted.reversed(), in: scalars.reversed(), limit: limit)
        .map { scalars.count - $0 - width }.reversed()
      : occurrences(of: wanted, in: scalars, limit: limit)
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

  /// `text.replace(old, new, limit)`; what that makes is accounted for before it is made.
  static func replaced(
    _ scalars: [UnicodeScalar], _ old: [UnicodeScalar], _ new: String, _ limit: Int?,
    _ renderer: JinjaRenderer
  ) throws(VLMError) -> String {
    let places = occurrences(of: old, in: scalars, limit: limit.map { $0 < 0 ? Int.max : $0 } ?? .max)
    try renderer.account(copies: places.count, of: new)
    // An array: appending several scalars to a string copies the whole of it each time.
    let inserted = Array(new.unicodeScalars)
    var result: [UnicodeScalar] = []
    result.reserveCapacity(scalars.count + places.count * inserted.count)
    var done = 0
    for place in places {
      result.append(contentsOf: scalars[done..<place])
      result.append(contentsOf: inserted)
      done = place + old.count
    }
    result.append(contentsOf: scalars[done...])
    return string(result)
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
    var values = [value][...]
    if case .tuple(let items) = value { values = items[...] }
    let result = try JinjaText.expandingDirectives(format, renderer) { directive throws(VLMError) in
      guard let next = values.popFirst() else {
        throw renderer.failure("the format has more places than values")
      }
      switch directive {
      case "s": return try renderer.text(next)
      case "r":
        try renderer.weigh(next)
        return JinjaText.representation(next)
      case "d", "i":
        guard let number = next.numeric, number.magnitude < 1e18 else {
          throw renderer.failure("'%d' needs a number")
        }
        return "\(Int(number))"
      default: throw renderer.failure("the format '%\(directive)' is not supported")
      }
    }
    guard values.isEmpty else { throw renderer.failure("the format does not take all values") }
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
      let text = try renderer.text(value)
      try renderer.account(text)
      result += text
    }
    try renderer.account(format)
    return result
  }
}
