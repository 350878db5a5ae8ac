package import Tensors

/// Answers of an agent and what comes of them, for reports and `--json`.
package struct AnswerLog: Encodable, Sendable {
  /// An answer as it was said.
  package struct Entry: Encodable, Sendable {
    /// What positions count.
    package let unit: Unit
    package let holdsAction: Bool
    package let actions: [Action]
    package let remarks: [ActionRemark]
  }

  package enum Unit: String, Encodable, Sendable {
    /// Ids, from 0.
    case token
    /// Bytes of the text, from 0.
    case byte
  }

  package struct Action: Encodable, Sendable {
    package let decoded: ActionDecoder.Action
    /// Whether the agent carries it out.
    package let isTaken: Bool

    private enum Name: String, CodingKey { case buttons, camera, keys, pitch, yaw, begin, end, isTaken }

    package func encode(to encoder: any Encoder) throws {
      let action = decoded.action
      var container = encoder.container(keyedBy: Name.self)
      try container.encode(decoded.index.buttons, forKey: .buttons)
      try container.encode(decoded.index.camera, forKey: .camera)
      try container.encode(action.keys.list.map(\.name), forKey: .keys)
      try container.encode(action.pitch, forKey: .pitch)
      try container.encode(action.yaw, forKey: .yaw)
      try container.encodeIfPresent(decoded.span?.lowerBound, forKey: .begin)
      try container.encodeIfPresent(decoded.span?.upperBound, forKey: .end)
      try container.encode(isTaken, forKey: .isTaken)
    }
  }

  package let vocabulary: String
  package let take: String
  package let chunk: Int?
  package let answers: [Entry]
  /// Answers without any action: the agent does nothing.
  package let withoutAction: Int
  /// How often each kind of remark was made.
  package let remarks: [String: Int]

  /// - Parameter texts: each the text of an answer, or a list of its ids.
  /// - Throws: `actionTokens.answer.tokens`, with the answer's name.
  package init(
    _ texts: [(name: String, text: String)], _ vocabulary: ActionVocabulary, taken: TakenActions
  ) throws(VLMError) {
    let decoder = ActionDecoder(taken: taken)
    var answers: [Entry] = []
    for (name, text) in texts {
      let ids: [Int]?
      do throws(VLMError) { ids = try ActionVocabulary.ids(in: text) } catch {
        var placed = error
        placed.file = name
        throw placed
      }
      let answer = decoder.decode(ids.map(vocabulary.elements) ?? vocabulary.elements(of: text))
      answers.append(
        Entry(
          unit: ids == nil ? .byte : .token, holdsAction: answer.holdsAction,
          actions: answer.actions.enumerated().map { Action(decoded: $1, isTaken: answer.taken.contains($0)) },
          remarks: answer.remarks))
    }
    self.vocabulary = vocabulary.name
    self.answers = answers
    take = taken.end.rawValue
    chunk = taken.length
    withoutAction = answers.count { !$0.holdsAction }
    remarks = answers.reduce(into: [:]) { counts, answer in
      for remark in answer.remarks { counts[remark.kind.rawValue, default: 0] += 1 }
    }
  }

  /// What the agent carries out, in order.
  package var taken: [ActionLine] {
    answers.enumerated().flatMap { answer, entry in
      entry.actions.filter(\.isTaken).map { ActionLine($0.decoded, answer: answer) }
    }
  }
}
