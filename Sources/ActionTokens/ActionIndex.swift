package import Tensors

/// An action as two numbers, as MineStudio's policies have it: which buttons, and where the camera turns.
///
/// `buttons` 0...8639 is a number in mixed radix, whose digits are `ActionGroup.digits`; 8640 is the inventory key alone.
/// `camera` is 21 x pitch bin + yaw bin, 220 at rest.
package struct ActionIndex: Hashable, Sendable {
  package let buttons: Int
  package let camera: Int

  package static let inventory = 8640
  package static let buttonCount = 8641
  package static let cameraCount = CameraQuantizer.bins * CameraQuantizer.bins

  package static let atRest = ActionIndex(unchecked: 0, CameraQuantizer.bins * CameraQuantizer.restingBin + CameraQuantizer.restingBin)

  /// - Throws: `actionTokens.action.index` for a number that is none of those.
  package init(buttons: Int, camera: Int) throws(VLMError) {
    guard (0..<Self.buttonCount).contains(buttons) else {
      throw VLMError(.actionIndex, "buttons are 0 to \(Self.buttonCount - 1), not \(buttons)")
    }
    guard (0..<Self.cameraCount).contains(camera) else {
      throw VLMError(.actionIndex, "cameras are 0 to \(Self.cameraCount - 1), not \(camera)")
    }
    self.init(unchecked: buttons, camera)
  }

  init(unchecked buttons: Int, _ camera: Int) {
    self.buttons = buttons
    self.camera = camera
  }

  /// Whether the index comes back from its tokens: not one whose camera flag contradicts its camera, nor an inventory press
  /// that is not emitted.
  package func survivesTokens(emittingInventory: Bool) -> Bool {
    if buttons == Self.inventory { return emittingInventory }
    return (buttons % 2 == 1) == (camera != Self.atRest.camera)
  }
}

/// One choice of each group: what stands between an index and tokens.
package struct GroupedAction: Hashable, Sendable {
  private var choices = SIMD16<UInt8>()

  package static let atRest: GroupedAction = {
    var action = GroupedAction()
    for group in ActionGroup.allCases { action[group] = group.rest }
    return action
  }()

  private init() {}

  package subscript(group: ActionGroup) -> Int {
    get { Int(choices[group.rawValue]) }
    set {
      precondition(newValue >= 0 && newValue < group.choices, "\(group) has no choice \(newValue)")
      choices[group.rawValue] = UInt8(newValue)
    }
  }

  /// The digits of an index; an inventory index has no other button.
  package init(_ index: ActionIndex) {
    self.init()
    if index.buttons == ActionIndex.inventory {
      self[.inventory] = 1
    } else {
      var rest = index.buttons
      for group in ActionGroup.digits.reversed() {
        self[group] = rest % group.choices
        rest /= group.choices
      }
    }
    self[.pitch] = index.camera / CameraQuantizer.bins
    self[.yaw] = index.camera % CameraQuantizer.bins
  }

  /// The inventory key hides all other buttons, but not the camera.
  package var index: ActionIndex {
    let buttons =
      self[.inventory] == 1
      ? ActionIndex.inventory : ActionGroup.digits.reduce(0) { $0 * $1.choices + self[$1] }
    return ActionIndex(unchecked: buttons, CameraQuantizer.bins * self[.pitch] + self[.yaw])
  }

  /// Those that the choices press.
  package var keys: Keys {
    Keys(ActionGroup.allCases.compactMap { group in
      let choice = self[group]
      return choice > 0 && !group.keys.isEmpty ? group.keys[choice - 1] : nil
    })
  }

  /// Whether the bins turn the view.
  package var turns: Bool { self[.pitch] != ActionGroup.pitch.rest || self[.yaw] != ActionGroup.yaw.rest }
}
