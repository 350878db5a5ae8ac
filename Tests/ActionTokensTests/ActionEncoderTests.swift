import ActionTokens
import Testing

@Suite struct ActionEncoderTests {
  @Test func actionsAreTheOracles() throws {
    #expect(Key.names == Oracle.truth.keys)
    for entry in Oracle.truth.environment {
      let keys = Keys(try entry.keys.map { try #require(Key(named: $0)) })
      let action = KeyboardMouseAction(keys: keys, pitch: entry.pitch, yaw: entry.yaw)
      let encoded = ActionEncoder().encode(action)
      #expect(encoded.index.pair == entry.index && encoded.tokens == entry.tokens, "\(entry)")
      #expect(ActionEncoder(emitsInventory: true).encode(action).tokens == entry.inventoryTokens)
      // Without a remark, tokens say what was pressed.
      if encoded.remarks.isEmpty {
        let vocabulary = ActionVocabulary.llama3
        let back = ActionDecoder().decode(vocabulary.elements(of: encoded.ids(vocabulary))).actions[0].action
        #expect(back.keys == keys)
      }
    }
  }

  @Test func idsAndText() {
    let rest = ActionEncoder().encode(.atRest)
    #expect(rest.ids(.qwen2VL) == [151_835, 151_876, 151_897, 151_836])
    #expect(rest.ids(.llama3) == [128_183, 128_224, 128_245, 128_184])
    #expect(rest.text == "<|reserved_special_token_178|><|reserved_special_token_219|><|reserved_special_token_240|><|reserved_special_token_179|>")
  }

  @Test(arguments: [
    ([Key.forward, .back], 0, [ActionRemark.Kind.cancelled]), ([.left, .right], 0, [.cancelled]),
    ([.sprint, .sneak], 0, [.overruled]), ([.hotbar1, .hotbar9, .hotbar4], 0, [.overruled]), ([.jump], 11, [.clipped]),
    ([.jump], 10, []), ([.inventory], 0, [.inventoryNotEmitted]), ([.inventory, .attack], 0, [.inventoryAlone, .inventoryNotEmitted]),
    ([.inventory], 3, [.inventoryAlone, .inventoryNotEmitted]),
  ] as [([Key], Double, [ActionRemark.Kind])]) func whatIsLostIsTold(keys: [Key], yaw: Double, kinds: [ActionRemark.Kind]) {
    #expect(ActionEncoder().encode(KeyboardMouseAction(keys: Keys(keys), yaw: yaw)).remarks.map(\.kind) == kinds)
  }

  @Test func indicesThatContradictThemselvesAreTold() throws {
    for (buttons, camera, kinds) in [(0, 0, [ActionRemark.Kind.flagLost]), (1, 220, [.flagLost]), (1, 0, []), (8640, 5, [.inventoryNotEmitted])] {
      #expect(ActionEncoder().encode(try ActionIndex(buttons: buttons, camera: camera)).remarks.map(\.kind) == kinds)
    }
  }
}
