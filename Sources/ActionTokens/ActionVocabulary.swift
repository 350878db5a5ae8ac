/// The ids that a tokenizer has for `<|reserved_special_token_N|>`, N from 0 to 250.
///
/// Actions need N = 176 to 250. Text is the same in both vocabularies, only ids differ.
package struct ActionVocabulary: Hashable, Sendable {
  package let name: String
  /// The id of token N is `offset` + N.
  package let offset: Int
  /// Below this the vocabulary has other names, or other ids.
  package let firstReserved: Int
  /// Names of the tokens below `firstReserved` that were appended with the others, as the specification gives them.
  package let named: [String]
  /// One line for `--help`.
  package let summary: String

  /// Tokens that JARVIS-VLA appends to a vocabulary.
  package static let count = 251
  /// Begins an action.
  package static let begin = 178
  /// Ends an action.
  package static let end = 179
  /// From here on tokens are of actions.
  package static let firstOfActions = 176

  /// Tokens that the authors' encoder writes: begin and end, what presses a key, and the camera's bins.
  package static let written = (firstOfActions..<count).filter { number in
    guard let (group, choice) = ActionGroup.choice(ofToken: number) else { return true }
    return group == .pitch || group == .yaw || choice > 0 && group != .cameraFlag && group != .inventory
  }

  /// Tokens of actions that it never writes: those that say that nothing is pressed, camera flag and inventory.
  package static let unwritten = (firstOfActions..<count).filter { !written.contains($0) }

  /// JARVIS-VLA-Qwen2-VL: 251 strings appended to a tokenizer of 151,657.
  package static let qwen2VL = ActionVocabulary(
    name: "qwen2-vl", offset: 151_657, firstReserved: 18,
    named: (["point_start", "point_end"] + (0...9).map { "visual_\($0)" }
      + ["think", "/think", "grounding", "/grounding", "motion", "/motion"]).map { "<|\($0)|>" },
    summary: "Qwen2-VL with JARVIS-VLA's 251 tokens from 151657 on")

  /// LLaVA-NeXT-8B: Llama 3 has the names already. Those of Llama 3.1 are three further on.
  package static let llama3 = ActionVocabulary(
    name: "llama-3", offset: 128_005, firstReserved: 5, named: [], summary: "Llama 3 in LLaVA-NeXT-8B, from 128010 on")

  /// The first is the default.
  package static let all = [qwen2VL, llama3]

  package func id(of number: Int) -> Int { offset + number }

  /// N of an id, `nil` for one that is no reserved token.
  package func number(of id: Int) -> Int? {
    let number = id - offset
    return (firstReserved..<Self.count).contains(number) ? number : nil
  }

  package static func spelling(of number: Int) -> String { "<|reserved_special_token_\(number)|>" }

  /// All tokens that were appended, by id.
  package var tokens: [(id: Int, text: String)] {
    (firstReserved - named.count..<Self.count).map {
      (id(of: $0), $0 < firstReserved ? named[$0] : Self.spelling(of: $0))
    }
  }
}
