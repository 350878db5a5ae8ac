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
  /// With images: how far each vision stage moves from f32.
  public package(set) var stages: [StageCosine]?
  /// Seconds for reading, quantizing, hashing and writing; `nil` for a dry run.
  @OfThisRun package var seconds: Double?
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
