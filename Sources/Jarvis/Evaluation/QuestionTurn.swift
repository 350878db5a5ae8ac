internal import Files
internal import Grounding
internal import Tensors

/// A turn of a row's conversation, its items in their order and its places as text.
package struct QuestionTurn: Sendable {
  package enum Part: Sendable, Equatable {
    case text(String)
    /// The next of the row's pictures.
    case picture
  }

  package let role: String
  package private(set) var parts: [Part] = []
  /// Of items point and bbox, in percent.
  private(set) var points: [PicturePoint] = []
  private(set) var boxes: [PictureBox] = []
  /// The type of an item that is none of these.
  private(set) var unknown: String?

  /// All that is said, without the pictures.
  package var text: String { parts.map { if case .text(let text) = $0 { text } else { "" } }.joined() }

  /// Pictures that are shown.
  package var pictures: Int { parts.count { $0 == .picture } }

  mutating func say(_ text: String) { parts.append(.text(text)) }

  static func all(_ row: QuestionRow) throws(VLMError) -> [QuestionTurn] {
    guard let turns = row.members["conversations"]?.arrayValue, !turns.isEmpty else {
      throw row.failure(
        "there is no list of turns", "conversations",
        remedy: #"as [{"role": "user", "content": [{"type": "text", "text": "..."}]}, ...]"#)
    }
    var all: [QuestionTurn] = []
    for turn in turns { all.append(try QuestionTurn(turn, row)) }
    return all
  }

  private init(_ value: JSONValue, _ row: QuestionRow) throws(VLMError) {
    guard let role = value["role"]?.stringValue, ["system", "user", "assistant"].contains(role) else {
      throw row.failure(
        "a turn is of \(value["role"]?.summary ?? "nobody")", "conversations", remedy: "roles are system, user and assistant")
    }
    self.role = role
    if let text = value["content"]?.stringValue {
      say(text)
      return
    }
    guard let items = value["content"]?.arrayValue else {
      throw row.failure("a turn of the \(role) has no content", "conversations", remedy: "content is a text or a list of items")
    }
    for item in items { try add(item, row) }
  }

  private mutating func add(_ item: JSONValue, _ row: QuestionRow) throws(VLMError) {
    guard let type = item["type"]?.stringValue else {
      throw row.failure("an item has no type", "conversations", remedy: "types are text, image, point and bbox")
    }
    let coordinates = Coordinates(row: row, field: "conversations", scale: .percent)
    switch type {
    case "text":
      guard let text = item["text"]?.stringValue else {
        throw row.failure("an item of type text has no text", "conversations", remedy: "give it one")
      }
      say(text)
    case "image": parts.append(.picture)
    case "point":
      let points = try coordinates.points(item["point"])
      guard !points.isEmpty else { throw row.failure("an item of type point has no point", "conversations", remedy: "give [[x, y]]") }
      self.points += points
      say(Self.label(item) + Self.span("point", points))
    case "bbox":
      let boxes = try coordinates.boxes(item["bbox"])
      guard !boxes.isEmpty else { throw row.failure("an item of type bbox has no box", "conversations", remedy: "give [[x, y, x, y]]") }
      self.boxes += boxes
      say(Self.label(item) + Self.span("box", boxes.flatMap { [$0.least, $0.greatest] }))
    default: unknown = unknown ?? String(type.prefix(40))
    }
  }

  // As the authors write them: int(percent * 10), 999 for all of it.

  private static func label(_ item: JSONValue) -> String {
    guard let label = item["label"]?.stringValue, !label.isEmpty else { return "" }
    return "<|object_ref_start|>\(label)<|object_ref_end|>"
  }

  private static func span(_ tag: String, _ points: [PicturePoint]) -> String {
    func thousandths(_ fraction: Double) -> Int { fraction >= 1 ? 999 : Int(fraction * 1000 + 1e-9) }
    let pairs = points.map { "(\(thousandths($0.x)),\(thousandths($0.y)))" }.joined(separator: ",")
    return "<|\(tag)_start|>\(pairs)<|\(tag)_end|>"
  }
}
