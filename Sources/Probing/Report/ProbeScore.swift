public import Features
public import Statistics

/// How well one target is read out of one stage in one readout, out of fold.
public struct ProbeScore: Codable, Sendable, Equatable {
  /// Whose activations they are.
  public var encoder: EncoderRole
  /// Stage name, or `oracle` / `baseline` combinations such as `O+L*`.
  public var stage: String
  /// How its tokens became one vector.
  public var readout: Readout
  /// Name of the target.
  public var target: String
  /// Out-of-fold R2, averaged over the target's columns.
  public var r2: Double
  /// Simultaneous over every stage, readout and target of this encoder.
  public var interval: Interval?
  /// Out-of-fold R2 of each column.
  public var columnR2: [Double]
  /// R2 of what B and the task leave unexplained, both fitted within training folds.
  public var residualR2: Double?
  /// (score - floor) / (ceiling - floor), when the range is wide enough to say.
  public var normalised: Double?
  /// Share of frames whose class is read right, by logistic regression out of fold; for targets that have classes.
  public var accuracy: Double?
  /// Log loss of the classes' probabilities, in bits a frame.
  public var bits: Double?
  /// Area under the ROC curve of each class against the others, averaged.
  public var auc: Double?
  /// Accuracy less that of classes drawn for scenes by lot; of the encoder's output.
  public var selectivity: Double?
  /// Bits a frame that the features save when the targets of whole episodes are sent one after another; with `--bits`.
  public var savedBits: Double?
  /// Block-permutation p: the share of permuted targets that score at least as well, counting this one.
  public var nullP: Double?
  /// Mean score of the permuted targets.
  public var nullMean: Double?
  /// Features the ridge saw.
  public var width: Int
  /// Chosen multiple of tr(A)/p, one for each outer fold.
  public var lambdas: [Double]

  package init(
    encoder: EncoderRole, stage: String, readout: Readout, target: String, r2: Double,
    interval: Interval? = nil, columnR2: [Double], residualR2: Double? = nil, normalised: Double? = nil,
    accuracy: Double? = nil, bits: Double? = nil, auc: Double? = nil, selectivity: Double? = nil,
    savedBits: Double? = nil, nullP: Double? = nil, nullMean: Double? = nil, width: Int, lambdas: [Double]
  ) {
    self.encoder = encoder
    self.stage = stage
    self.readout = readout
    self.target = target
    self.r2 = r2
    self.interval = interval
    self.columnR2 = columnR2
    self.residualR2 = residualR2
    self.normalised = normalised
    self.accuracy = accuracy
    self.bits = bits
    self.auc = auc
    self.selectivity = selectivity
    self.savedBits = savedBits
    self.nullP = nullP
    self.nullMean = nullMean
    self.width = width
    self.lambdas = lambdas
  }

  /// An encoder's part in the comparison.
  public enum EncoderRole: String, Codable, Sendable, CaseIterable {
    /// The checkpoint.
    case trained
    /// The same architecture before training.
    case randomlyInitialised
    /// The second checkpoint.
    case comparison
    /// Pixels and the state: no encoder is involved.
    case none
  }
}
