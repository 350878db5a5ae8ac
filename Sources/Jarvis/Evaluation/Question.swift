package import Grounding

/// A question of an evaluation: what is asked about which pictures, and the truth.
package struct Question: Sendable {
  /// By its truth and its pictures.
  package enum Kind: String, Codable, Sendable, CaseIterable {
    /// Words, without a picture.
    case knowledge
    /// Words, about a picture.
    case recognition
    /// A place in a picture.
    case grounding
  }

  package enum Truth: Sendable, Equatable {
    /// An answer, or the letter or text of an option.
    case words(String)
    /// One of them is enough; there is at least one.
    case places([GroundingScore.Truth])
  }

  package let id: String
  package let file: String
  /// `line 3`, or `row 2` of a table.
  package let place: String
  package let labels: [String]
  /// What the system says first.
  package let system: String?
  /// What is asked, options included.
  package let text: String
  /// Texts of A, B, C and so on; empty for a question without any.
  package let options: [String]
  /// In the order of the row; a place is in the last.
  package let pictures: [QuestionPicture]
  package let truth: Truth
  /// Whether more is asked after the answer, which is not asked here.
  package let goesOn: Bool

  package var kind: Kind {
    if case .places = truth { return .grounding }
    return pictures.isEmpty ? .knowledge : .recognition
  }

  /// The frame that a place is in.
  package var frame: PictureSize { pictures.last?.size ?? .minecraft }
}

/// A row that cannot be asked at all, and why.
package struct RefusedQuestion: Codable, Sendable, Equatable {
  package let file: String
  package let place: String
  package let id: String
  package let reason: String
}

/// What questions are taken together for intervals, since they may share their fate.
package enum QuestionGrouping: String, Codable, Sendable, CaseIterable {
  /// Those about the same pictures; one without a picture is a group of its own.
  case picture
  /// Those whose ids differ in the number at their end alone: <trajectory>_<frame>.
  case trajectory
  /// Those with the same labels; one without any is a group of its own.
  case label
  /// Each by itself.
  case question

  func key(_ question: Question) -> String {
    switch self {
    case .picture:
      question.pictures.isEmpty ? "id " + question.id : "picture " + question.pictures.map(\.name).joined(separator: "\n")
    case .trajectory:
      question.id.firstMatch(of: /^(.+)_[0-9]+$/).map { "trajectory " + $0.1 } ?? "id " + question.id
    case .label: question.labels.isEmpty ? "id " + question.id : "label " + question.labels.joined(separator: "\n")
    case .question: "id " + question.id
    }
  }

  /// For sentences: groups are told …
  package var sentence: String {
    switch self {
    case .picture: "by picture, a question without one by itself"
    case .trajectory: "by trajectory, the id without the number at its end"
    case .label: "by label, a question without one by itself"
    case .question: "each question by itself"
    }
  }
}
