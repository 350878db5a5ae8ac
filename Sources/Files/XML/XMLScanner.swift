internal import Tensors

/// Goes once through the bytes of an XML document: elements and their attributes, with comments, instructions, CDATA and texts
/// passed over (XML 1.0, fifth edition, without document types).
struct XMLScanner {
  /// Deeper nesting than this is refused; the kinematic chains of robots nest some twenty levels.
  static let maximumDepth = 256

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(VLMError) -> XMLTree {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    try skipBetween()
    guard next("<") else { throw failure("an element is missing") }
    let root = try element(depth: 0)
    try skipBetween()
    guard position == bytes.count else {
      throw failure("something follows the element that holds all others")
    }
    return root
  }

  /// What stands around the outermost element: blanks, comments and instructions.
  private mutating func skipBetween() throws(VLMError) {
    while true {
      skipBlanks()
      if next("<!--") {
        try skip(through: "-->", "a comment")
      } else if next("<?") {
        try skip(through: "?>", "an instruction")
      } else if next("<!") {
        throw failure("a document type is not read")
      } else {
        return
      }
    }
  }

  /// An element at its `<`.
  private mutating func element(depth: Int) throws(VLMError) -> XMLTree {
    guard depth < Self.maximumDepth else {
      throw failure("more than \(Self.maximumDepth) elements in each other")
    }
    position += 1
    let name = try name()
    var attributes: [String: String] = [:]
    while true {
      let hasBlank = skipBlanks()
      if next("/>") {
        position += 2
        return XMLTree(name: name, attributes: attributes, children: [])
      }
      if next(">") {
        position += 1
        return XMLTree(name: name, attributes: attributes, children: try contents(of: name, depth: depth))
      }
      guard hasBlank else { throw failure("a blank, > or /> is missing in the element \(name)") }
      let start = position
      let key = try self.name()
      guard attributes.updateValue(try attributeValue(key), forKey: key) == nil else {
        position = start
        throw failure("the attribute \(key) is there twice")
      }
    }
  }

  /// All up to the end of the element `name`, that included.
  private mutating func contents(of name: String, depth: Int) throws(VLMError) -> [XMLTree] {
    var children: [XMLTree] = []
    while true {
      while position < bytes.count, bytes[position] != UInt8(ascii: "<") { position += 1 }
      if next("</") {
        position += 2
        let start = position
        let closed = try self.name()
        guard closed == name else {
          position = start
          throw failure("\(closed) is closed where \(name) is open")
        }
        skipBlanks()
        guard next(">") else { throw failure("> is missing after /\(name)") }
        position += 1
        return children
      } else if next("<!--") {
        try skip(through: "-->", "a comment")
      } else if next("<![CDATA[") {
        try skip(through: "]]>", "a CDATA section")
      } else if next("<?") {
        try skip(through: "?>", "an instruction")
      } else if next("<") {
        children.append(try element(depth: depth + 1))
      } else {
        throw failure("the element \(name) is not closed")
      }
    }
  }

  private mutating func name() throws(VLMError) -> String {
    let start = position
    while position < bytes.count, Self.isOfName(bytes[position]) { position += 1 }
    guard position > start, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[start]),
      bytes[start] != UInt8(ascii: "-"), bytes[start] != UInt8(ascii: ".")
    else {
      position = start
      throw failure("a name is missing")
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// `="…"` or `='…'`
  private mutating func attributeValue(_ key: String) throws(VLMError) -> String {
    skipBlanks()
    guard next("=") else { throw failure("= is missing after \(key)") }
    position += 1
    skipBlanks()
    guard next("\"") || next("'") else { throw failure("the value of \(key) has no quotes") }
    let quote = bytes[position]
    position += 1
    var value: [UInt8] = []
    while position < bytes.count, bytes[position] != quote {
      switch bytes[position] {
      case UInt8(ascii: "<"): throw failure("< stands in the value of \(key)")
      case UInt8(ascii: "&"): value += try reference()
      case let byte:
        // Blanks of any kind count as spaces.
        value.append([0x09, 0x0A, 0x0D].contains(byte) ? 0x20 : byte)
        position += 1
      }
    }
    guard position < bytes.count else { throw failure("the value of \(key) is not closed") }
    position += 1
    return String(decoding: value, as: UTF8.self)
  }

  /// What `&amp;` or `&#38;` stands for.
  private mutating func reference() throws(VLMError) -> [UInt8] {
    let start = position
    let known = ["&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": "\"", "&apos;": "'"]
    for (spelling, character) in known where next(spelling) {
      position += spelling.utf8.count
      return Array(character.utf8)
    }
    while position < bytes.count, position - start < 12, bytes[position] != UInt8(ascii: ";") {
      position += 1
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    let isHexadecimal = text.hasPrefix("&#x")
    guard next(";"), text.hasPrefix("&#"),
      let number = UInt32(text.dropFirst(isHexadecimal ? 3 : 2), radix: isHexadecimal ? 16 : 10), number > 0,
      let scalar = UnicodeScalar(number)
    else {
      position = start
      throw failure("& does not begin a reference that is known")
    }
    position += 1
    return Array(String(Character(scalar)).utf8)
  }

  @discardableResult private mutating func skipBlanks() -> Bool {
    let start = position
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
    return position > start
  }

  private mutating func skip(through end: String, _ what: String) throws(VLMError) {
    let start = position
    while position < bytes.count {
      if next(end) {
        position += end.utf8.count
        return
      }
      position += 1
    }
    position = start
    throw failure("\(what) is not closed")
  }

  private func next(_ text: String) -> Bool { bytes[position...].starts(with: text.utf8) }

  private static func isOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "-"),
      UInt8(ascii: "."), 0x80...:
      true
    default: false
    }
  }

  private func failure(_ message: String) -> VLMError { VLMError(.xmlSyntax, message, offset: position) }
}
