/// Choices that exclude each other: an action has one of each group, and each choice has a token.
///
/// The order is the authors': the first nine are the digits of a button index, from the most significant to the least.
package enum ActionGroup: Int, CaseIterable, Sendable {
  case hotbar, foreBack, leftRight, sprintSneak, use, drop, attack, jump
  /// Whether the view turns at all.
  case cameraFlag
  case inventory
  /// Bins of the camera; the middle one is rest.
  case pitch, yaw

  /// Digits of a button index.
  package static let digits: [ActionGroup] = [
    .hotbar, .foreBack, .leftRight, .sprintSneak, .use, .drop, .attack, .jump, .cameraFlag,
  ]

  /// How many choices there are, rest among them.
  package var choices: Int {
    switch self {
    case .hotbar: 10
    case .foreBack, .leftRight, .sprintSneak: 3
    case .use, .drop, .attack, .jump, .cameraFlag, .inventory: 2
    case .pitch, .yaw: CameraQuantizer.bins
    }
  }

  /// The choice that does nothing.
  package var rest: Int { self == .pitch || self == .yaw ? CameraQuantizer.restingBin : 0 }

  /// N of `<|reserved_special_token_N|>` for choice 0; the other choices follow.
  package var firstToken: Int {
    switch self {
    case .inventory: 176
    case .hotbar: 180
    case .foreBack: 190
    case .leftRight: 193
    case .sprintSneak: 196
    case .use: 199
    case .drop: 201
    case .attack: 203
    case .jump: 205
    case .cameraFlag: 207
    case .pitch: 209
    case .yaw: 230
    }
  }

  /// Keys of the choices from 1 on; none for the camera.
  package var keys: [Key] { Self.keys[rawValue] }

  /// By raw value: an array literal would be made anew each time.
  private static let keys: [[Key]] = allCases.map {
    switch $0 {
    case .hotbar: Array(Key.allCases.suffix(9))
    case .foreBack: [.forward, .back]
    case .leftRight: [.left, .right]
    case .sprintSneak: [.sprint, .sneak]
    case .use: [.use]
    case .drop: [.drop]
    case .attack: [.attack]
    case .jump: [.jump]
    case .inventory: [.inventory]
    case .cameraFlag, .pitch, .yaw: []
    }
  }

  /// As messages call it.
  package var name: String {
    switch self {
    case .hotbar: "hotbar"
    case .foreBack: "forward or back"
    case .leftRight: "left or right"
    case .sprintSneak: "sprint or sneak"
    case .cameraFlag: "camera flag"
    case .use, .drop, .attack, .jump, .inventory, .pitch, .yaw: "\(self)"
    }
  }

  /// Group and choice of a token, `nil` for one that stands for none.
  package static func choice(ofToken number: Int) -> (group: ActionGroup, choice: Int)? {
    guard number >= 0, number < choices.count else { return nil }
    return choices[number]
  }

  /// By token number.
  private static let choices: [(group: ActionGroup, choice: Int)?] = {
    var table: [(group: ActionGroup, choice: Int)?] = Array(repeating: nil, count: ActionVocabulary.count)
    for group in allCases {
      for choice in 0..<group.choices { table[group.firstToken + choice] = (group, choice) }
    }
    return table
  }()
}
