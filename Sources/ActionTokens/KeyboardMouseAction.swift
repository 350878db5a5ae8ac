/// What one step of Minecraft is told: keys that are down, and degrees by which the view turns.
package struct KeyboardMouseAction: Hashable, Sendable {
  package var keys: Keys
  /// In degrees, positive downwards.
  package var pitch: Double
  /// In degrees, positive to the right.
  package var yaw: Double

  package init(keys: Keys = [], pitch: Double = 0, yaw: Double = 0) {
    self.keys = keys
    self.pitch = pitch
    self.yaw = yaw
  }

  /// What the simulator makes of an index: a camera whose flag is off does not turn, but that of an inventory index does.
  package init(_ index: ActionIndex) {
    let grouped = GroupedAction(index)
    keys = grouped.keys
    let turns = grouped[.inventory] == 1 || grouped[.cameraFlag] == 1
    pitch = turns ? CameraQuantizer.degrees(bin: grouped[.pitch]) : 0
    yaw = turns ? CameraQuantizer.degrees(bin: grouped[.yaw]) : 0
  }

  /// The index that stands for the action, and what of the action it leaves out.
  ///
  /// Opposite keys cancel each other, sneak beats sprint, the highest hotbar key wins, and the inventory key excludes all
  /// others and the camera. Degrees must be finite.
  package func index() -> (index: ActionIndex, remarks: [ActionRemark]) {
    var grouped = GroupedAction.atRest
    var remarks: [ActionRemark] = []
    let hasInventory = keys.holds(.inventory)
    if hasInventory, keys.list.count > 1 || pitch != 0 || yaw != 0 {
      remarks.append(
        ActionRemark(.inventoryAlone, "the inventory key excludes all other keys and the camera, which are dropped"))
    }
    if !hasInventory {
      for group in ActionGroup.digits where !group.keys.isEmpty {
        let down = group.keys.indices.filter { keys.holds(group.keys[$0]) }
        guard let last = down.last else { continue }
        let names = down.map { group.keys[$0].name }.joined(separator: " and ")
        if down.count == 2, group == .foreBack || group == .leftRight {
          remarks.append(ActionRemark(.cancelled, "\(names) cancel each other"))
          continue
        }
        if down.count > 1 {
          remarks.append(ActionRemark(.overruled, "of \(names) the last alone is told"))
        }
        grouped[group] = last + 1
      }
      for (group, degrees) in [(ActionGroup.pitch, pitch), (.yaw, yaw)] {
        if degrees.magnitude > CameraQuantizer.mostDegrees {
          remarks.append(
            ActionRemark(.clipped, "\(group.name) of \(degrees) degrees is clipped: the camera has \(Int(CameraQuantizer.mostDegrees))"))
        }
        grouped[group] = CameraQuantizer.bin(degrees: degrees)
      }
      grouped[.cameraFlag] = grouped.turns ? 1 : 0
    }
    grouped[.inventory] = hasInventory ? 1 : 0
    return (grouped.index, remarks)
  }
}
