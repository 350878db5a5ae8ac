package import Grounding
package import Runtime
package import Tensors

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

  /// The row's, with `#2` behind it for what the row asks second, and so on.
  package let id: String
  package let row: String
  package let file: String
  /// `line 3`, or `row 2` of a table.
  package let place: String
  package let labels: [String]
  /// What the model is told: what the system says, earlier questions of the row with their true answers, the question last.
  package let turns: [QuestionTurn]
  /// Texts of A, B, C and so on; empty for a question without any.
  package let options: [String]
  /// Those of the turns, in their order; a place is in the last.
  package let pictures: [QuestionPicture]
  /// Names of all pictures of the row, this question's or not.
  let rowPictures: [String]
  package let truth: Truth

  /// What is asked, options included.
  package var text: String { turns.last?.text ?? "" }

  package var kind: Kind {
    if case .places = truth { return .grounding }
    return pictures.isEmpty ? .knowledge : .recognition
  }

  /// The frame that a place is in.
  package var frame: PictureSize { pictures.last?.size ?? .minecraft }

  /// The turns with their pictures, in the row's order.
  package func conversation() throws(VLMError) -> [Turn] {
    var (rest, conversation): (ArraySlice<QuestionPicture>, [Turn]) = (pictures[...], [])
    for turn in turns {
      var content: [Turn.Part] = []
      for part in turn.parts {
        switch part {
        case .text(let text): content.append(.text(text))
        // The reader counted them.
        case .picture: if let picture = rest.popFirst() { content.append(.image(try picture.load())) }
        }
      }
      conversation.append(Turn(role: turn.role, content: content))
    }
    return conversation
  }
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
  /// Those about the same pictures; those of a row without a picture are a group of their own.
  case picture
  /// Those of rows whose ids differ in the number at their end alone: <trajectory>_<frame>.
  case trajectory
  /// Those with the same labels; those of a row without any are a group of their own.
  case label
  /// Each by itself.
  case question

  func key(_ question: Question) -> String {
    switch self {
    case .picture:
      question.rowPictures.isEmpty ? "row " + question.row : "picture " + question.rowPictures.joined(separator: "\n")
    case .trajectory:
      question.row.firstMatch(of: /^(.+)_[0-9]+$/).map { "trajectory " + $0.1 } ?? "row " + question.row
    case .label: question.labels.isEmpty ? "row " + question.row : "label " + question.labels.joined(separator: "\n")
    case .question: "id " + question.id
    }
  }

  /// For sentences: groups are told …
  package var sentence: String {
    switch self {
    case .picture: "by picture, a row without one by itself"
    case .trajectory: "by trajectory, the row's id without the number at its end"
    case .label: "by label, a row without one by itself"
    case .question: "each question by itself"
    }
  }
}
