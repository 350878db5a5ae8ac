import Testing

@testable import ActionTokens

@Suite struct ActionVocabularyTests {
  @Test(arguments: ActionVocabulary.all) func idsAreTheOracles(vocabulary: ActionVocabulary) throws {
    let truth = try #require(Oracle.truth.vocabularies[vocabulary.name])
    #expect(vocabulary.id(of: ActionVocabulary.begin) == truth.begin && vocabulary.id(of: ActionVocabulary.end) == truth.end)
    for (group, ids) in zip(ActionGroup.allCases, truth.groups) {
      #expect([vocabulary.id(of: group.firstToken), group.choices] == ids, "\(group)")
    }
    #expect(truth.groups.count == ActionGroup.allCases.count)
  }

  @Test func everyTokenOfAnActionHasOneMeaning() {
    var seen: Set<Int> = []
    for group in ActionGroup.allCases {
      for choice in 0..<group.choices {
        let found = ActionGroup.choice(ofToken: group.firstToken + choice)
        #expect(found?.group == group && found?.choice == choice)
        #expect(seen.insert(group.firstToken + choice).inserted)
      }
    }
    #expect(seen.union([ActionVocabulary.begin, ActionVocabulary.end]) == Set(176...250))
    for number in [-1, 0, 175, ActionVocabulary.begin, ActionVocabulary.end, 251] {
      #expect(ActionGroup.choice(ofToken: number) == nil)
    }
  }

  /// 63 that training writes and 12 that it never does.
  @Test func writtenTokens() {
    let all = Set((0..<ActionIndex.buttonCount).flatMap { buttons in
      [0, 220, 440].flatMap { ActionEncoder().encode(ActionIndex(unchecked: buttons, $0)).tokens }
    }).union((0..<ActionIndex.cameraCount).flatMap { ActionEncoder().encode(ActionIndex(unchecked: 1, $0)).tokens })
    #expect(ActionVocabulary.written == all.sorted() && all.count == 63)
    #expect(ActionVocabulary.unwritten == [176, 177, 180, 190, 193, 196, 199, 201, 203, 205, 207, 208])
  }

  @Test func appendedTokens() {
    let tokens = ActionVocabulary.qwen2VL.tokens
    #expect(tokens.map(\.id) == Array(151_657...151_907))
    #expect(Set(tokens.map(\.text)).count == 251)
    #expect(tokens[0].text == "<|point_start|>" && tokens[18].text == "<|reserved_special_token_18|>")
    #expect(ActionVocabulary.llama3.tokens.map(\.id) == Array(128_010...128_255))
  }
}
