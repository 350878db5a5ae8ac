import Tensors
import Testing

@testable import ActionTokens

@Suite struct ActionLineTests {
  private func request(_ line: String) throws -> ActionLine.Request { try ActionLine.request(parsing: line, file: "x").request }

  @Test func whatIsWrittenIsRead() throws {
    for sample in Oracle.truth.samples {
      let tokens = ActionEncoder(emitsInventory: true).encode(try ActionIndex(buttons: sample.buttons, camera: sample.camera)).tokens
      let action = ActionDecoder().decode(ActionVocabulary.qwen2VL.elements(of: tokens.map(ActionVocabulary.qwen2VL.id))).actions[0]
      let line = ActionLine(action, answer: 3)
      #expect(try request(line.text).encoded(by: ActionEncoder()).index == action.index, "\(line.text)")
    }
    let action = ActionDecoder.Action(grouped: GroupedAction(try ActionIndex(buttons: 5, camera: 210)), span: nil)
    #expect(
      ActionLine(action, answer: 0).text
        == #"{"answer":0,"index":{"buttons":5,"camera":210},"keys":["attack"],"pitch":0,"yaw":-10}"#)
  }

  @Test(arguments: [
    (#"{"keys": ["attack", "hotbar.2"], "yaw": 2.5}"#, KeyboardMouseAction(keys: Keys([.attack, .hotbar2]), yaw: 2.5)),
    (#"{"attack": 1, "back": 0, "jump": true, "camera": [1, -2]}"#, KeyboardMouseAction(keys: Keys([.attack, .jump]), pitch: 1, yaw: -2)),
    ("{}", KeyboardMouseAction()), (#"{"answer": 4, "pitch": 1}"#, KeyboardMouseAction(pitch: 1)),
  ]) func layouts(line: String, action: KeyboardMouseAction) throws { #expect(try request(line) == .action(action)) }

  @Test(arguments: [
    #"{"buttons": 5, "camera": 147}"#, #"{"index": {"buttons": 5, "camera": 147}, "answer": 1}"#,
    #"{"index": {"buttons": 5, "camera": 147}, "keys": ["attack"], "pitch": -0.7463, "yaw": -10}"#,
  ]) func indices(line: String) throws { #expect(try request(line) == .index(ActionIndex(buttons: 5, camera: 147))) }

  @Test func keysWithoutATokenAreTold() throws {
    let parsed = try ActionLine.request(parsing: #"{"ESC": 1, "chat": 0, "use": 1}"#, file: "x")
    #expect(parsed.untold == ["ESC"] && parsed.request == .action(KeyboardMouseAction(keys: Keys([.use]))))
  }

  @Test(arguments: [
    ("[1]", VLMError.Code.actionMalformed, "an action is an object"), ("{", .actionMalformed, ""),
    (#"{"foward": 1}"#, .actionMalformed, "forward"), (#"{"keys": ["atack"]}"#, .actionMalformed, "attack"),
    (#"{"keys": "attack"}"#, .actionMalformed, "list"), (#"{"jump": 2}"#, .actionMalformed, "jump is"),
    (#"{"pitch": NaN}"#, .actionNotFinite, "pitch"), (#"{"camera": [0, Infinity]}"#, .actionNotFinite, "yaw"),
    (#"{"camera": [0]}"#, .actionMalformed, "camera is"), (#"{"camera": [0, 1], "yaw": 2}"#, .actionMalformed, "camera is"),
    (#"{"yaw": "2"}"#, .actionMalformed, "yaw is a number"), (#"{"buttons": 5}"#, .actionMalformed, "whole numbers"),
    (#"{"index": 5}"#, .actionMalformed, "index is an object"), (#"{"buttons": 9000, "camera": 1}"#, .actionIndex, "9000"),
    (#"{"index": {"buttons": 5, "camera": 147}, "keys": ["jump"]}"#, .actionMalformed, "another action"),
    (#"{"index": {"buttons": 5, "camera": 1}, "buttons": 5, "camera": 1}"#, .actionMalformed, "both"),
  ]) func whatIsNoActionIsRefused(line: String, code: VLMError.Code, said: String) {
    let error = #expect(throws: VLMError.self) { try ActionLine.request(parsing: line, file: "actions.jsonl: line 3") }
    #expect(error?.code == code && error?.file == "actions.jsonl: line 3")
    if let error, !said.isEmpty { #expect("\(error)".contains(said), "\(error)") }
  }
}
