import Files
import Images
import Tensors

/// Reads the messages of a request in one pass; pictures are decoded as they come, once their sizes are known to be in bounds.
struct ChatReader {
  static let source = "request"
  /// Messages and parts of messages together.
  static let mostParts = 4096
  static let mostPictures = 64
  /// Of all pictures of a request together: sixteen of a full-HD screen.
  static let mostPixels = 1 << 25

  private(set) var pictures = 0
  private var parts = 0
  private var pixels = 0

  static func failure(
    _ message: String, _ name: String? = nil, at offset: Int? = nil, remedy: String? = nil
  ) -> VLMError {
    VLMError(.requestContent, message, file: source, tensor: name, offset: offset, remedy: remedy)
  }

  /// - Throws: `serving.request.content` and what JSON and pictures have of their own.
  mutating func turns(_ scanner: inout JSONScanner) throws(VLMError) -> [ChatTurn] {
    var turns: [ChatTurn] = []
    try scanner.array { (scanner) throws(VLMError) in
      turns.append(try turn(&scanner, "messages[\(turns.count)]"))
    }
    guard !turns.isEmpty else { throw Self.failure("is empty", "messages") }
    return turns
  }

  private mutating func turn(_ scanner: inout JSONScanner, _ name: String) throws(VLMError) -> ChatTurn {
    try countPart(name)
    var (role, content): (ChatTurn.Role?, [ChatTurn.Part]?) = (nil, nil)
    try Self.members(&scanner, name) { (scanner, key) throws(VLMError) in
      switch key {
      case "role":
        let text = try scanner.string()
        role = ChatTurn.Role(rawValue: text)
        guard role != nil else {
          throw Self.failure(
            "is \"\(text.prefix(40))\"; system, user and assistant are taken", "\(name).role",
            remedy: text == "developer" ? "send it as system" : nil)
        }
      case "content": content = try self.content(&scanner, "\(name).content")
      default: try Self.skipNothing(&scanner, "\(name).\(key)")
      }
    }
    guard let role else { throw Self.failure("is missing", "\(name).role") }
    guard let content else { throw Self.failure("is missing", "\(name).content") }
    return ChatTurn(role: role, content: content)
  }

  /// A text, or a list of parts; `nil` for null.
  private mutating func content(_ scanner: inout JSONScanner, _ name: String) throws(VLMError) -> [ChatTurn.Part]? {
    switch scanner.peek() {
    case UInt8(ascii: "n"):
      try scanner.skipValue()
      return nil
    case UInt8(ascii: "["):
      var parts: [ChatTurn.Part] = []
      try scanner.array { (scanner) throws(VLMError) in
        parts.append(try part(&scanner, "\(name)[\(parts.count)]"))
      }
      guard !parts.isEmpty else { throw Self.failure("is empty", name) }
      return parts
    default: return [.text(try scanner.string())]
    }
  }

  private mutating func part(_ scanner: inout JSONScanner, _ name: String) throws(VLMError) -> ChatTurn.Part {
    try countPart(name)
    var (type, text, url): (String?, String?, String?) = (nil, nil, nil)
    try Self.members(&scanner, name) { (scanner, key) throws(VLMError) in
      switch key {
      case "type": type = try scanner.string()
      case "text": text = try scanner.string()
      case "image_url": url = try Self.url(&scanner, "\(name).image_url")
      default: try Self.skipNothing(&scanner, "\(name).\(key)")
      }
    }
    switch (type, text, url) {
    case ("text", let text?, nil): return .text(text)
    case ("image_url", nil, let url?): return .image(try picture(url, "\(name).image_url"))
    case ("text", nil, _), ("image_url", _, nil):
      throw Self.failure("has no \(type ?? "")", name)
    case ("text", _, _), ("image_url", _, _):
      throw Self.failure("has both text and image_url", name, remedy: "make two parts of it")
    case (nil, _, _): throw Self.failure("is missing", "\(name).type")
    case (let other?, _, _):
      throw Self.failure("is \"\(other.prefix(40))\"; text and image_url are taken", "\(name).type")
    }
  }

  /// `{"url": ...}`, or the URL alone. How much of the picture is looked at is the model's own affair.
  private static func url(_ scanner: inout JSONScanner, _ name: String) throws(VLMError) -> String {
    guard scanner.peek() == UInt8(ascii: "{") else { return try scanner.string() }
    var url: String?
    try members(&scanner, name) { (scanner, key) throws(VLMError) in
      switch key {
      case "url": url = try scanner.string()
      case "detail":
        let detail = try scanner.string()
        guard ["auto", "low", "high"].contains(detail) else {
          throw failure("is \"\(detail.prefix(40))\"; auto, low and high are known", "\(name).detail")
        }
      default: try skipNothing(&scanner, "\(name).\(key)")
      }
    }
    guard let url else { throw failure("is missing", "\(name).url") }
    return url
  }

  private mutating func picture(_ url: String, _ name: String) throws(VLMError) -> RGBImage {
    guard let base64 = url.dataURLContent else {
      throw Self.failure(
        url.hasPrefix("data:")
          ? "is a URL, but not data:image/png;base64, or the like"
          : "is not a data URL, and this server fetches nothing: \(url.prefix(60))", name,
        remedy: "send the picture itself as data:image/png;base64,...")
    }
    pictures += 1
    guard pictures <= Self.mostPictures else {
      throw Self.failure("is one picture too many, \(Self.mostPictures) are taken", name)
    }
    let left = Self.mostPixels - pixels
    do {
      let most = min(left, RGBImage.mostPixelsSent)
      let image = try RGBImage(base64: base64, name, source: Self.source, most: most)
      pixels += image.width * image.height
      return image
    } catch {
      var told = error
      if left < RGBImage.mostPixelsSent, told.code == .requestContent {
        told.remedy = "all pictures of a request may have \(Self.mostPixels) pixels together"
      }
      throw told
    }
  }

  private mutating func countPart(_ name: String) throws(VLMError) {
    parts += 1
    guard parts <= Self.mostParts else {
      throw Self.failure("is one too many: \(Self.mostParts) messages and parts of them are taken", name)
    }
  }

  // MARK: Objects

  /// Reads an object of few members with short names, none of them twice.
  static func members(
    _ scanner: inout JSONScanner, _ name: String?,
    _ member: (inout JSONScanner, _ key: String) throws(VLMError) -> Void
  ) throws(VLMError) {
    var keys: Set<String> = []
    try scanner.object { (scanner, key, offset) throws(VLMError) in
      guard keys.count < 100, key.utf8.count <= 200 else {
        throw failure("has too many fields, or too long a name of one", name, at: offset)
      }
      guard keys.insert(key).inserted else {
        throw failure("is there twice", name.map { "\($0).\(key)" } ?? key, at: offset)
      }
      try member(&scanner, key)
    }
  }

  /// Passes over a field that is not known, if there is nothing in it.
  private static func skipNothing(_ scanner: inout JSONScanner, _ name: String) throws(VLMError) {
    guard let value = try small(&scanner), [.null, .array([]), .string(""), .object([:])].contains(value) else {
      throw failure("is not understood here", name, remedy: "leave it out")
    }
  }

  /// The value at the scanner's position, `nil` where it takes more than 64 KB: a tree takes many times as much.
  static func small(_ scanner: inout JSONScanner) throws(VLMError) -> JSONValue? {
    _ = scanner.peek()
    var copy = scanner
    let start = scanner.offset
    try scanner.skipValue()
    return scanner.offset - start <= 64 << 10 ? try JSONValue(&copy) : nil
  }
}
