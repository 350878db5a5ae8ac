package import Images

/// One message of a conversation.
package struct ChatTurn: Sendable, Equatable {
  package enum Role: String, Sendable, CaseIterable { case system, user, assistant }

  package enum Part: Sendable, Equatable {
    case text(String)
    case image(RGBImage)
  }

  package let role: Role
  /// In the order in which they were sent.
  package let content: [Part]
}
