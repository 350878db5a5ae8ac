public import Mapping
public import Tensors

/// All that a quantize run says: what was done to every layer, what it cost, how much smaller it got.
public struct QuantizationReport: Sendable, Codable {
  /// Path of the checkpoint that was read.
  public let checkpoint: String
  /// Only planned, nothing written; loss figures are absent.
  public let dryRun: Bool
  /// `runtime` or `compressed-tensors`.
  public let format: String
  /// Files written or to be written, those copied and those left behind.
  public let conversion: ConversionSummary
  /// Its name, `w8a8` or `w8a16`.
  public let scheme: String
  package let schemeSummary: String
  /// `channel`, or `group 64`.
  public let granularity: String
  /// What happens to the inputs of quantized layers.
  public let activations: ActivationPrecision
  /// In the order of a forward pass; only parts that the checkpoint has.
  public let components: [ComponentSummary]
  /// Layers that fell back to another granularity than asked for.
  public let fallbacks: [LayerDecision]
  /// Linear layers that stay in floating point, with reasons.
  public let keptLayers: [LayerDecision]
  /// Bytes of all tensors, before and after.
  public let bytesBefore: Int
  /// As `bytesBefore`, after.
  public let bytesAfter: Int
  /// Memory that the slices in work take, in bytes; does not grow with the model.
  @OfThisRun package var peakSliceBytes: Int
  /// Loss of every quantized layer, worst first; empty for a dry run.
  public let layers: [LayerLoss]
  /// Where activations were made alike in their channels before, if that was asked for: in the order of their names.
  public let smoothing: [SmoothedPlace]?
  /// On what the model ran before, so that activations were seen.
  public package(set) var calibration: CalibrationFacts?
  /// With images: how far each vision stage moves from f32.
  public package(set) var stages: [StageCosine]?
  /// Seconds for reading, quantizing, hashing and writing; `nil` for a dry run.
  @OfThisRun package var seconds: Double?
}

/// Frames on which a model ran before its quantization.
public struct CalibrationFacts: Sendable, Codable {
  /// Path of the demonstrations or pictures.
  public let data: String
  /// How many frames.
  public let frames: Int
  /// Whether the language model ran as well, on the instructions.
  public let hasLanguage: Bool
  /// What was chosen in the data, or could not be done with it.
  public let remarks: [String]

  package init(data: String, frames: Int, hasLanguage: Bool, remarks: [String] = []) {
    (self.data, self.frames, self.hasLanguage, self.remarks) = (data, frames, hasLanguage, remarks)
  }
}

/// Channels between two layers that could be divided in the one and multiplied in the other.
public struct SmoothedPlace: Sendable, Codable {
  /// The norm, or the linear layer, whose output channels they are: the runtime's name.
  public let name: String
  /// How much of the activations' spread went into the weights, 0 to 1; `nil` where nothing was better than to leave them.
  public let strength: Double?
  /// Tokens that were seen there; `nil` where the norm's own weights were all that was known.
  public let seenTokens: Int?
  /// Expected ratio of the products' signal to what int8 adds, in dB; `nil` where it adds nothing.
  public let decibelsBefore: Double?
  /// The same with the strength.
  public let decibels: Double?
}

/// Loss of one layer's weights.
public struct LayerLoss: Sendable, Codable {
  /// The runtime parameter, or for compressed-tensors the source's tensor.
  public let name: String
  /// As in `LayerDecision`.
  package let aliases: [String]?
  /// The part of the model.
  public let component: ModelComponent
  /// Signal to quantization-noise ratio of the weights in dB; `nil` when they are held exactly.
  public let decibels: Double?
}

/// One part of the model in the loss table.
public struct ComponentSummary: Sendable, Codable {
  /// The part.
  public let component: ModelComponent
  /// How many weights are quantized.
  public let quantizedTensors: Int
  /// Bytes of the quantized weights before, and of their codes and scales after.
  public let quantizedBytesBefore: Int
  /// As `quantizedBytesBefore`, after.
  public let quantizedBytesAfter: Int
  /// How many tensors stay as they are.
  public let keptTensors: Int
  /// Their bytes.
  public let keptBytes: Int
  /// dB of the worst layer; `nil` without quantized layers that lose anything.
  public let worstDecibels: Double?
  /// dB of the median layer.
  public let medianDecibels: Double?
  /// The three worst layers.
  public let worstLayers: [LayerLoss]
}
