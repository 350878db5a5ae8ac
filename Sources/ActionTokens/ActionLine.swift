internal import Files
internal import Foundation
package import Tensors

/// An action as a line of JSON.
///
///     {"index":{"buttons":5,"camera":147},"keys":["attack"],"pitch":-0.7463,"yaw":-10}
///
/// Written so; read too as MineRL's recordings have it, `{"attack": 1, "camera": [pitch, yaw]}`, and by its index alone.
package struct ActionLine: Encodable, Hashable, Sendable {
  package let index: ActionIndex
  package let action: KeyboardMouseAction
  /// Which answer said it, from 0.
  package let answer: Int

  package init(_ action: ActionDecoder.Action, answer: Int) {
    index = action.index
    self.action = action.action
    self.answer = answer
  }

  private enum Name: String, CodingKey, CaseIterable { case index, keys, pitch, yaw, answer }
  private enum Part: String, CodingKey, CaseIterable { case buttons, camera }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Name.self)
    var parts = container.nestedContainer(keyedBy: Part.self, forKey: .index)
    try parts.encode(index.buttons, forKey: .buttons)
    try parts.encode(index.camera, forKey: .camera)
    try container.encode(action.keys.list.map(\.name), forKey: .keys)
    try container.encode(action.pitch, forKey: .pitch)
    try container.encode(action.yaw, forKey: .yaw)
    try container.encode(answer, forKey: .answer)
  }

  /// The line's text, without a newline.
  package var text: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Finite numbers and names of keys alone: nothing that could not be written.
    return String(decoding: try! encoder.encode(self), as: UTF8.self)
  }

  /// What a line asks for.
  package enum Request: Hashable, Sendable {
    case action(KeyboardMouseAction)
    case index(ActionIndex)

    package func encoded(by encoder: ActionEncoder) -> ActionEncoder.Encoded {
      switch self {
      case .action(let action): encoder.encode(action)
      case .index(let index): encoder.encode(index)
      }
    }
  }

  /// - Returns: the request, and which keys it presses that no token stands for.
  /// - Throws: `actionTokens.action.malformed`, `.notFinite` or `.index`, with `file` and what is wrong.
  package static func request(parsing line: String, file: String) throws(VLMError) -> (request: Request, untold: [String]) {
    let value = try JSONValue(parsing: Data(line.utf8), file: file, code: .actionMalformed)
    guard let members = value.objectValue else {
      throw VLMError(
        .actionMalformed, "an action is an object, not \(value.summary)", file: file,
        remedy: #"as {"keys": ["attack"], "pitch": 0, "yaw": 1.2}"#)
    }
    do {
      return try request(members)
    } catch {
      var placed = error
      placed.file = file
      throw placed
    }
  }

  private static func request(_ members: [String: JSONValue]) throws(VLMError) -> (request: Request, untold: [String]) {
    let known = Name.allCases.map(\.rawValue) + Key.names + Key.untold + ["camera", "buttons"]
    for name in members.keys.sorted() where !known.contains(name) {
      throw VLMError(
        .actionMalformed, "\"\(name)\" is no member of an action",
        remedy: NearestNames.suggestion(for: name, among: known) ?? "keys are " + Key.names.joined(separator: ", "))
    }
    let index = try index(members)
    var indexNames = [Name.index.rawValue, Name.answer.rawValue]
    let isIndexAtTop = members[Part.buttons.rawValue] != nil
    if isIndexAtTop { indexNames += Part.allCases.map(\.rawValue) }
    if let index, members.keys.allSatisfy(indexNames.contains) { return (.index(index), []) }
    let (action, untold) = try action(members, readsCamera: !isIndexAtTop)
    guard let index else { return (.action(action), untold) }
    if KeyboardMouseAction(index) != action, action.index().index != index {
      throw VLMError(
        .actionMalformed, "the index says another action than keys and degrees", remedy: "leave one of both out")
    }
    return (.index(index), untold)
  }

  /// `{"index": {"buttons", "camera"}}`, or the two at the top.
  private static func index(_ members: [String: JSONValue]) throws(VLMError) -> ActionIndex? {
    let parts: [String: JSONValue]
    if let value = members[Name.index.rawValue] {
      guard members[Part.buttons.rawValue] == nil else {
        throw VLMError(.actionMalformed, "there are both index and buttons", remedy: "leave one of both out")
      }
      guard let object = value.objectValue else {
        throw VLMError(.actionMalformed, "index is an object of buttons and camera, not \(value.summary)")
      }
      parts = object
    } else if members[Part.buttons.rawValue] != nil {
      parts = members
    } else {
      return nil
    }
    guard let buttons = parts[Part.buttons.rawValue]?.intValue, let camera = parts[Part.camera.rawValue]?.intValue else {
      throw VLMError(.actionMalformed, "an index has the whole numbers buttons and camera")
    }
    return try ActionIndex(buttons: buttons, camera: camera)
  }

  /// Keys and degrees, by either layout.
  private static func action(_ members: [String: JSONValue], readsCamera: Bool) throws(VLMError) -> (
    KeyboardMouseAction, untold: [String]
  ) {
    var action = KeyboardMouseAction()
    var untold: [String] = []
    if let value = members[Name.keys.rawValue] {
      guard let names = value.arrayValue else {
        throw VLMError(.actionMalformed, "keys is a list of names, not \(value.summary)")
      }
      for name in names {
        guard let text = name.stringValue, let key = Key(named: text) else {
          throw VLMError(
            .actionMalformed, "\(name.summary) is no key",
            remedy: name.stringValue.flatMap { NearestNames.suggestion(for: $0, among: Key.names) }
              ?? "keys are " + Key.names.joined(separator: ", "))
        }
        action.keys.formUnion(Keys([key]))
      }
    }
    for name in Key.names + Key.untold {
      guard let value = members[name] else { continue }
      guard try isDown(value, name) else { continue }
      if let key = Key(named: name) { action.keys.formUnion(Keys([key])) } else { untold.append(name) }
    }
    if readsCamera, let value = members[Part.camera.rawValue] {
      guard let numbers = value.arrayValue, numbers.count == 2, members["pitch"] == nil, members["yaw"] == nil else {
        throw VLMError(
          .actionMalformed, "camera is [pitch, yaw] in degrees, without pitch and yaw beside it, not \(value.summary)")
      }
      (action.pitch, action.yaw) = (try degrees(numbers[0], "pitch"), try degrees(numbers[1], "yaw"))
    }
    if let value = members[Name.pitch.rawValue] { action.pitch = try degrees(value, "pitch") }
    if let value = members[Name.yaw.rawValue] { action.yaw = try degrees(value, "yaw") }
    return (action, untold)
  }

  private static func isDown(_ value: JSONValue, _ name: String) throws(VLMError) -> Bool {
    if let isDown = value.boolValue { return isDown }
    guard let number = value.intValue, number == 0 || number == 1 else {
      throw VLMError(.actionMalformed, "\(name) is true, false, 0 or 1, not \(value.summary)")
    }
    return number == 1
  }

  private static func degrees(_ value: JSONValue, _ name: String) throws(VLMError) -> Double {
    guard let degrees = value.doubleValue else {
      throw VLMError(.actionMalformed, "\(name) is a number of degrees, not \(value.summary)")
    }
    guard degrees.isFinite else { throw VLMError(.actionNotFinite, "\(name) is \(degrees)") }
    return degrees
  }
}
