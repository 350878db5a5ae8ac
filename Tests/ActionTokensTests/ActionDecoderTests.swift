import ActionTokens
import Tensors
import Testing

@Suite struct ActionDecoderTests {
  @Test func answersAreTheOracles() throws {
    for answer in Oracle.truth.answers {
      let vocabulary = try #require(ActionVocabulary.all.first { $0.name == answer.vocabulary })
      let elements = vocabulary.elements(of: answer.ids)
      let all = ActionDecoder().decode(elements)
      #expect(all.pairs == answer.actions, "\(answer.ids)")
      #expect(all.actions.compactMap { $0.span.map { [$0.lowerBound, $0.upperBound] } } == answer.spans)
      #expect(all.holdsAction == !answer.spans.isEmpty)
      for (end, truth) in [(TakenActions.End.first, answer.first), (.last, answer.last)] {
        let decoded = ActionDecoder(taken: TakenActions(end, length: answer.length)).decode(elements)
        #expect(decoded.actions[decoded.taken].map(\.index.pair) == truth)
      }
      // Nothing is passed over in silence: an answer without a remark is what an encoder writes.
      if all.remarks.isEmpty {
        let written = all.actions.flatMap { ActionEncoder(emitsInventory: true).tokens($0.grouped) }
        let said = answer.ids.compactMap(vocabulary.number).filter { number in
          // Rest and the flag need not be told.
          guard let (group, choice) = ActionGroup.choice(ofToken: number) else { return (178...179).contains(number) }
          return group == .pitch || group == .yaw || choice != group.rest && group != .cameraFlag
        }
        #expect(written.sorted() == said.sorted(), "\(answer.ids)")
      }
    }
  }

  /// As the package `tokenizers` finds tokens in texts.
  @Test func textsAreTheOracles() {
    for entry in Oracle.truth.texts {
      let elements = ActionVocabulary.qwen2VL.elements(of: entry.text)
      let reserved = elements.compactMap { if case .reserved(let number) = $0.content { number } else { nil } }
      #expect(reserved == entry.reserved, "\(entry.text.debugDescription)")
      #expect(ActionDecoder().decode(elements).pairs == entry.actions, "\(entry.text.debugDescription)")
      let bytes = Array(entry.text.utf8)
      for element in elements {
        let text =
          switch element.content {
          case .reserved(let number): ActionVocabulary.spelling(of: number)
          case .text(let text): text
          case .id: ""
          }
        #expect(bytes[element.position...].starts(with: text.utf8))
      }
    }
  }

  /// A sample of the authors' (issue 9).
  @Test func sampleOfTheAuthors() {
    let text = [178, 204, 216, 230, 179].map(ActionVocabulary.spelling).joined()
    let answer = ActionDecoder().decode(ActionVocabulary.qwen2VL.elements(of: text))
    #expect(answer.pairs == [[5, 147]] && answer.remarks.isEmpty)
    let action = answer.actions[0].action
    #expect(action.keys == Keys([.attack]) && abs(action.pitch + 0.7463) < 5e-5 && action.yaw == -10)
  }

  @Test(arguments: [
    ([], [ActionRemark.Kind.noAction], [nil]), ([178], [.unterminated, .noAction], [0, nil]),
    ([178, 219, 240, 179], [], []),
    ([178, 178, 204, 219, 240, 179], [.beginInside], [1]), ([178, 100, 219, 240, 179], [.unknownToken], [1]),
    ([178, 181, 182, 219, 240, 179], [.saidTwice], [2]), ([178, 240, 179], [.cameraMissing], [0]),
    ([178, 208, 219, 240, 179], [.cameraFlag], [0]), ([178, 207, 209, 240, 179], [.cameraFlag], [0]),
    ([178, 208, 209, 240, 179], [], []), ([178, 177, 204, 219, 240, 179], [.inventoryHides], [0]),
    ([178, 177, 209, 240, 179], [], []), ([204, 178, 219, 240, 179, 179, 179], [.outside], [0]),
    ([178, 219, 240, 179, 178, 204], [.unterminated], [4]),
  ] as [([Int], [ActionRemark.Kind], [Int?])]) func everyDefectIsTold(tokens: [Int], kinds: [ActionRemark.Kind], positions: [Int?]) {
    let vocabulary = ActionVocabulary.qwen2VL
    let answer = ActionDecoder().decode(vocabulary.elements(of: tokens.map(vocabulary.id)))
    #expect(answer.remarks.map(\.kind) == kinds)
    #expect(answer.remarks.map(\.position) == positions)
  }

  @Test func idsOfOthersAndTextsAreTold() {
    let vocabulary = ActionVocabulary.qwen2VL
    let ids = ActionDecoder().decode(vocabulary.elements(of: [151_835, 11, 151_876, 151_897, 151_836]))
    #expect(ids.remarks.map(\.kind) == [.unknownToken] && ids.remarks[0].message.hasPrefix("token 11 "))
    // Line ends are no part of an action and no defect.
    let text = "Ä<|reserved_special_token_178|>jump<|reserved_special_token_219|>\n<|reserved_special_token_240|><|reserved_special_token_179|>"
    let answer = ActionDecoder().decode(vocabulary.elements(of: text))
    #expect(answer.remarks.map(\.kind) == [.unknownText] && answer.remarks[0].position == 32)
    #expect(answer.pairs == [[0, 220]] && answer.holdsAction)
    // Numbers are spelled in one way.
    let padded = vocabulary.elements(of: "<|reserved_special_token_018|><|reserved_special_token_18|>")
    #expect(padded.map(\.content) == [.text("<|reserved_special_token_018|>"), .reserved(18)])
  }

  @Test func whatIsNotTakenIsTold() {
    let vocabulary = ActionVocabulary.qwen2VL
    let ids = (0..<4).flatMap { [178, 181 + $0, 219, 240, 179] }.map(vocabulary.id)
    func taken(_ rule: TakenActions) -> (Range<Int>, [Int?]) {
      let answer = ActionDecoder(taken: rule).decode(vocabulary.elements(of: ids))
      return (answer.taken, answer.remarks.map(\.position))
    }
    #expect(taken(TakenActions(.first, length: 1)) == (0..<1, [5]))
    #expect(taken(TakenActions(.last, length: 3)) == (1..<4, [0]))
    #expect(taken(TakenActions(.last, length: 9)) == (0..<4, []))
    #expect(taken(TakenActions()) == (0..<4, []))
  }

  @Test(arguments: [
    ("151835 151876,151897\n151836", [151_835, 151_876, 151_897, 151_836]), ("[1, 2]", [1, 2]), ("7", [7]),
    ("attack 7", nil), ("", nil), ("[]", nil), ("<|reserved_special_token_178|>", nil),
  ] as [(String, [Int]?)]) func listsOfIds(text: String, ids: [Int]?) throws {
    #expect(try ActionVocabulary.ids(in: text) == ids)
  }

  @Test(arguments: ["5 -1", "99999999999999999999", "4294967296"]) func whatIsNoIdIsRefused(text: String) {
    let error = #expect(throws: VLMError.self) { try ActionVocabulary.ids(in: text) }
    #expect(error?.code == .answerTokens)
  }

  /// Linear: a megabyte of begins, of ends, and of what nearly is a token.
  @Test(arguments: [
    "<|reserved_special_token_178|>", "<|reserved_special_token_179|>", "<|reserved_special_token_",
    "<|reserved_special_token_178|><|reserved_special_token_179|>",
  ]) func longAnswersAreRead(piece: String) {
    let text = String(repeating: piece, count: 1 << 20 / piece.utf8.count)
    let answer = ActionDecoder().decode(ActionVocabulary.qwen2VL.elements(of: text))
    #expect(answer.actions.count >= 1)
  }
}
