/// What scores of one target are measured against.
package struct TargetReferences: Sendable, Equatable {
  package var target: String
  /// S(B, L*): time, previous action and proprioception, with the task.
  package var floor: Double
  /// S(O, B, L*): the simulator state added; `nil` without a recorded state.
  package var ceiling: Double?
  /// S(O, L*): the recorded state, which no picture need tell; `nil` without one.
  package var oracle: Double?
  /// S(R): fixed features of the frames, which bound the losses that can be seen. With kernels, as `achievable`.
  package var frames: Double
  /// The same of the reference encoders; `nil` without any.
  package var referenceEncoders: Double?
  /// A: the best that was read from the frames and all modules' outputs together.
  package var achievable: Double
  /// What frames and model together add to B, the task known.
  package var gain: Double
  /// What the task adds to frames, encoder and projector; `nil` where the fusion is not judged.
  package var taskGain: Double?
  /// What these add to the task.
  package var pictureGain: Double?
  /// R2 of the task read from them: near 1 where the scene gives it away.
  package var taskToldByScene: Double?
  /// S(E, L*), S(M, L*) …: the exit of each module with the task.
  package var exits: [ProbeModule: Double]
  /// Score of the pixels.
  package var pixels: Double
  /// Score of the encoder's last stage.
  package var trained: Double
  /// The same from the randomly initialised encoder.
  package var randomlyInitialised: Double
  /// Score of the target's control task (random labels of its shape and kind, one per task and initial-state cluster) at the
  /// last stage, with the task or without, whichever the target stands clearer of.
  package var control: Double
  /// The target's score, read alike, less the control's.
  package var selectivity: Double
  /// Block-permutation p of the frames' features (with the labels permuted among episodes).
  package var framesNullP: Double
  /// Block-permutation p of the encoder's last stage.
  package var encoderNullP: Double
  /// The margin: max(0.02, 5 % of gain).
  package var delta: Double

  package init(
    target: String, floor: Double, ceiling: Double? = nil, oracle: Double? = nil, frames: Double,
    referenceEncoders: Double? = nil,
    achievable: Double, gain: Double, taskGain: Double? = nil, pictureGain: Double? = nil,
    taskToldByScene: Double? = nil,
    exits: [ProbeModule: Double], pixels: Double, trained: Double, randomlyInitialised: Double,
    control: Double, selectivity: Double, framesNullP: Double, encoderNullP: Double, delta: Double
  ) {
    self.target = target
    self.floor = floor
    self.ceiling = ceiling
    self.oracle = oracle
    self.frames = frames
    self.referenceEncoders = referenceEncoders
    self.achievable = achievable
    self.gain = gain
    self.taskGain = taskGain
    self.pictureGain = pictureGain
    self.taskToldByScene = taskToldByScene
    self.exits = exits
    self.pixels = pixels
    self.trained = trained
    self.randomlyInitialised = randomlyInitialised
    self.control = control
    self.selectivity = selectivity
    self.framesNullP = framesNullP
    self.encoderNullP = encoderNullP
    self.delta = delta
  }
}

extension TargetReferences: Encodable {
  private enum Key: CodingKey {
    case target, floor, ceiling, oracle, frames, referenceEncoders, achievable, gain, taskGain, pictureGain,
      taskToldByScene,
      pixels, trained, randomlyInitialised,
      control, selectivity, framesNullP,
      encoderNullP, delta
  }

  private struct ModuleKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(_ module: ProbeModule) { stringValue = module.id }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Exits stand beside the others, each under its module's `id`.
  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: Key.self)
    try fields.encode(target, forKey: .target)
    try fields.encode(floor, forKey: .floor)
    try fields.encodeIfPresent(ceiling, forKey: .ceiling)
    try fields.encodeIfPresent(oracle, forKey: .oracle)
    try fields.encode(frames, forKey: .frames)
    try fields.encodeIfPresent(referenceEncoders, forKey: .referenceEncoders)
    try fields.encode(achievable, forKey: .achievable)
    try fields.encode(gain, forKey: .gain)
    try fields.encodeIfPresent(taskGain, forKey: .taskGain)
    try fields.encodeIfPresent(pictureGain, forKey: .pictureGain)
    try fields.encodeIfPresent(taskToldByScene, forKey: .taskToldByScene)
    try fields.encode(pixels, forKey: .pixels)
    try fields.encode(trained, forKey: .trained)
    try fields.encode(randomlyInitialised, forKey: .randomlyInitialised)
    try fields.encode(control, forKey: .control)
    try fields.encode(selectivity, forKey: .selectivity)
    try fields.encode(framesNullP, forKey: .framesNullP)
    try fields.encode(encoderNullP, forKey: .encoderNullP)
    try fields.encode(delta, forKey: .delta)
    var modules = encoder.container(keyedBy: ModuleKey.self)
    for (module, score) in exits { try modules.encode(score, forKey: ModuleKey(module)) }
  }
}
