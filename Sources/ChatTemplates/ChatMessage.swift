/// One turn of a conversation.
///
///     ChatMessage(role: "user", content: [.image, .text("What is this?")])
package struct ChatMessage: Sendable, Equatable {
  /// A part of a message's content, in the order in which the model is to see them.
  package enum Part: Sendable, Equatable {
    case text(String)
    /// The place of an image; the pixels go another way.
    case image
    case video
  }

  /// Templates tell a plain text from a list of parts.
  package enum Content: Sendable, Equatable {
    case text(String)
    case parts([Part])
  }

  /// `system`, `user` or `assistant`; what others there are is the template's business.
  package let role: String
  package let content: Content

  package init(role: String, content: String) {
    self.role = role
    self.content = .text(content)
  }

  package init(role: String, content: [Part]) {
    self.role = role
    self.content = .parts(content)
  }

  var value: JinjaValue {
    let contentValue: JinjaValue =
      switch content {
      case .text(let text): .string(text)
      case .parts(let parts): .list(parts.map(Self.value))
      }
    return .dictionary(JinjaDictionary([("role", .string(role)), ("content", contentValue)]))
  }

  private static func value(_ part: Part) -> JinjaValue {
    switch part {
    case .text(let text): .dictionary(JinjaDictionary([("type", .string("text")), ("text", .string(text))]))
    case .image: .dictionary(JinjaDictionary([("type", .string("image"))]))
    case .video: .dictionary(JinjaDictionary([("type", .string("video"))]))
    }
  }
}
