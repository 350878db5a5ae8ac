/// What recorded values are.
package enum ValueRole: Sendable, Hashable, CaseIterable {
  case action
  /// The action that led to a row; made by `AlignedSource`.
  case previousAction
  case simulatorState
  case endEffectorPosition
  /// Of one of several arms: x, y, z.
  case armPosition
  /// x, y, z, w.
  case endEffectorQuaternion
  /// Axis times angle.
  case endEffectorAxisAngle
  /// Position, then axis-angle.
  case endEffectorPose
  case gripper, joints
  /// Something else of the robot itself, such as its velocities.
  case proprioception
  /// Where a thing is: x, y, z.
  case objectPosition
  /// Where a thing is from another one: x, y, z.
  case displacement
  /// What an image was rendered from: a number, or cosine and sine of one that comes round.
  case factor
  /// Which of some classes an image is of: 1 for its own and 0 for the others.
  case classOfImage
  case other

  /// Whether it is what images are labelled with.
  package var isLabel: Bool { self == .factor || self == .classOfImage }
  package var isObservation: Bool { ![.action, .previousAction, .simulatorState].contains(self) }
  /// Whether the robot's own state gives it away.
  package var isProprioceptive: Bool {
    isObservation && ![.objectPosition, .displacement, .factor, .classOfImage, .other].contains(self)
  }
}

/// The names that the recorders of a format use.
package struct DemonstrationVocabulary: Sendable {
  /// What frames are there, for messages: `frames (T, H, W, 3) of bytes`.
  package let frames: String
  /// Names of cameras that show the whole workspace, preferred first.
  package let workspaceCameras: [String]
  /// Names of observations of a role, preferred first.
  package let observations: [ValueRole: [String]]
  /// How the names of all other observations of the robot itself begin.
  package let proprioceptivePrefixes: [String]
  /// How the names of all other observations of where something is end.
  package let positionEndings: [String]
  /// What such a name has in it where the position is one from another thing: `Can_to_robot0_eef_pos`.
  package let displacementMarks: [String]

  package init(
    frames: String, workspaceCameras: [String], observations: [ValueRole: [String]],
    proprioceptivePrefixes: [String] = [], positionEndings: [String] = [], displacementMarks: [String] = []
  ) {
    self.frames = frames
    self.workspaceCameras = workspaceCameras
    self.observations = observations
    self.proprioceptivePrefixes = proprioceptivePrefixes
    self.positionEndings = positionEndings
    self.displacementMarks = displacementMarks
  }

  package func role(of observation: String) -> ValueRole {
    if let known = observations.first(where: { $0.value.contains(observation) }) { return known.key }
    if proprioceptivePrefixes.contains(where: observation.hasPrefix) { return .proprioception }
    guard positionEndings.contains(where: observation.hasSuffix) else { return .other }
    return displacementMarks.contains { observation.contains($0) } ? .displacement : .objectPosition
  }
}
