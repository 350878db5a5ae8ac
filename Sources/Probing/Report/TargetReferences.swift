/// What scores of one target are measured against.
public struct TargetReferences: Codable, Sendable, Equatable {
  public var target: String
  /// S(B, L*): time, previous action and proprioception, with the task.
  public var floor: Double
  /// S(O, B, L*): the simulator state added; `nil` without a recorded state.
  public var ceiling: Double?
  /// S(O, L*).
  public var oracle: Double?
  /// S(E, L*): the vision encoder's last stage with the task.
  public var vision: Double
  /// S(M, L*): the projector with the task; `nil` when the model has none.
  public var projector: Double?
  /// Score of the pixels.
  public var pixels: Double
  /// Score of the encoder's last stage.
  public var trained: Double
  /// The same from the randomly initialised encoder.
  public var randomlyInitialised: Double
  /// Score of the control task (one random label per task and initial-state cluster) at the last stage.
  public var control: Double
  /// trained - control.
  public var selectivity: Double
  /// Block-permutation p of the state (with the labels permuted among episodes).
  public var oracleNullP: Double?
  /// Block-permutation p of the encoder's last stage.
  public var encoderNullP: Double
  /// The margin: max(0.02, 5 % of ceiling - floor).
  public var delta: Double

  package init(
    target: String, floor: Double, ceiling: Double? = nil, oracle: Double? = nil, vision: Double,
    projector: Double? = nil, pixels: Double, trained: Double, randomlyInitialised: Double,
    control: Double, selectivity: Double, oracleNullP: Double? = nil, encoderNullP: Double, delta: Double
  ) {
    self.target = target
    self.floor = floor
    self.ceiling = ceiling
    self.oracle = oracle
    self.vision = vision
    self.projector = projector
    self.pixels = pixels
    self.trained = trained
    self.randomlyInitialised = randomlyInitialised
    self.control = control
    self.selectivity = selectivity
    self.oracleNullP = oracleNullP
    self.encoderNullP = encoderNullP
    self.delta = delta
  }
}
