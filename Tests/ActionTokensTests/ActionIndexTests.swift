import ActionTokens
import Files
import Foundation
import Tensors
import Testing

/// Every index of 8641 x 441, and every set of keys.
@Suite struct ActionIndexTests {
  @Test(arguments: [false, true]) func allIndicesAreTheOracles(emitsInventory: Bool) throws {
    let encoder = ActionEncoder(emitsInventory: emitsInventory)
    let (vocabulary, decoder) = (ActionVocabulary.qwen2VL, ActionDecoder())
    let (tokens, decoded, pressed) = (SHA256(), SHA256(), SHA256())
    var survivors = 0
    for buttons in 0..<ActionIndex.buttonCount {
      var parts = (tokens: [UInt8](), decoded: [UInt8](), pressed: [UInt8]())
      for camera in 0..<ActionIndex.cameraCount {
        let index = try ActionIndex(buttons: buttons, camera: camera)
        let encoded = encoder.encode(index)
        let answer = decoder.decode(vocabulary.elements(of: encoded.ids(vocabulary)))
        let back = answer.actions[0].index
        guard answer.actions.count == 1, encoded.index == index,
          (back == index) == index.survivesTokens(emittingInventory: emitsInventory)
        else {
          Issue.record("\(index) comes back as \(answer.actions)")
          return
        }
        if back == index { survivors += 1 }
        parts.tokens += encoded.tokens.map { UInt8($0) }
        append(back, to: &parts.decoded)
        let action = KeyboardMouseAction(index)
        withUnsafeBytes(of: action.keys.rawValue.littleEndian) { parts.pressed += $0 }
        parts.pressed += [action.pitch, action.yaw].map { UInt8(CameraQuantizer.bin(degrees: $0)) }
      }
      parts.tokens.withUnsafeBytes(tokens.update)
      parts.decoded.withUnsafeBytes(decoded.update)
      parts.pressed.withUnsafeBytes(pressed.update)
    }
    let truth = Oracle.truth.sums
    #expect(survivors == (emitsInventory ? truth.survivorsWithInventory : truth.survivors))
    #expect(tokens.finish() == (emitsInventory ? truth.tokensWithInventory : truth.tokens))
    #expect(decoded.finish() == (emitsInventory ? truth.decodedWithInventory : truth.decoded))
    #expect(pressed.finish() == truth.pressed)
  }

  /// What cancels, what wins, and what excludes all others.
  @Test func allSetsOfKeysAreTheOracles() {
    let hash = SHA256()
    var bytes: [UInt8] = []
    for bits in 0..<1 << Key.allCases.count {
      let action = KeyboardMouseAction(
        keys: Keys(rawValue: UInt32(bits)), pitch: CameraQuantizer.degrees(bin: bits % 21),
        yaw: CameraQuantizer.degrees(bin: bits / 21 % 21))
      append(action.index().index, to: &bytes)
    }
    bytes.withUnsafeBytes(hash.update)
    #expect(hash.finish() == Oracle.truth.sums.keySets)
  }

  @Test func samplesAreTheOracles() throws {
    for sample in Oracle.truth.samples {
      let index = try ActionIndex(buttons: sample.buttons, camera: sample.camera)
      #expect(ActionEncoder().encode(index).tokens == sample.tokens)
      #expect(ActionEncoder(emitsInventory: true).encode(index).tokens == sample.inventoryTokens)
      let action = KeyboardMouseAction(index)
      #expect(Set(action.keys.list.map(\.name)) == Set(sample.keys))
      #expect([action.pitch, action.yaw] == sample.bins.map(CameraQuantizer.degrees))
    }
  }

  /// The specification's golden numbers.
  @Test func goldenNumbers() throws {
    func buttons(_ keys: Key..., pitch: Double = 0) -> Int {
      KeyboardMouseAction(keys: Keys(keys), pitch: pitch).index().index.buttons
    }
    #expect(buttons(.hotbar3) == 2592)
    #expect(buttons(.forward, .attack, .jump, pitch: 1) == 295)
    #expect(buttons(.attack, pitch: 1) == 5)
    #expect(buttons(.hotbar9, .back, .right, .sneak, .use, .drop, .attack, .jump, pitch: 1) == 8639)
    #expect(buttons(.inventory) == 8640)
    #expect(ActionIndex.atRest.pair == [0, 220])
  }

  @Test(arguments: [(-1, 0), (8641, 0), (0, -1), (0, 441)]) func whatIsNoIndexIsRefused(buttons: Int, camera: Int) {
    let error = #expect(throws: VLMError.self) { try ActionIndex(buttons: buttons, camera: camera) }
    #expect(error?.code == .actionIndex)
  }

  private func append(_ index: ActionIndex, to bytes: inout [UInt8]) {
    for number in [index.buttons, index.camera] { bytes += [UInt8(number & 255), UInt8(number >> 8)] }
  }
}
