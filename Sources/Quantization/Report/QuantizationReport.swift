package import Mapping
package import Tensors

/// All that a quantize run says: what was done to every layer, what it cost, how much smaller it got.
package struct QuantizationReport: Sendable, Codable {
  package let checkpoint: String
  /// Only planned, nothing written; loss figures are absent.
  package let dryRun: Bool
  /// `runtime` or `compressed-tensors`.
  package let format: String
  /// Files written or to be written, those copied and those left behind.
  package let conversion: ConversionSummary
  package let scheme: String
  package let schemeSummary: String
  /// `channel`, or `group 64`.
  package let granularity: String
  package let activations: ActivationPrecision
  /// In the order of a forward pass; only parts that the checkpoint has.
  package let components: [ComponentSummary]
  /// Layers that fell back to another granularity than asked for.
  package let fallbacks: [LayerDecision]
  /// Linear layers that stay in floating point, with reasons.
  package let keptLayers: [LayerDecision]
  /// Bytes of all tensors, before and after.
  package let bytesBefore: Int
  package let bytesAfter: Int
  /// Memory that the slices in work take, in bytes; does not grow with the model.
  @OfThisRun package var peakSliceBytes: Int
  /// Loss of every quantized layer, worst first; empty for a dry run.
  package let layers: [LayerLoss]
  /// With images: how far each vision stage moves from f32.
  package var stages: [StageCosine]?
  /// Seconds for reading, quantizing, hashing and writing; `nil` for a dry run.
  @OfThisRun package var seconds: Double?
}

/// Loss of one layer's weights.
package struct LayerLoss: Sendable, Codable {
  package let name: String
  /// As in `LayerDecision`.
  package let aliases: [String]?
  package let component: ModelComponent
  /// Signal to quantization-noise ratio of the weights in dB; `nil` when they are held exactly.
  package let decibels: Double?
}

/// One part of the model in the loss table.
package struct ComponentSummary: Sendable, Codable {
  package let component: ModelComponent
  package let quantizedTensors: Int
  /// Bytes of the quantized weights before, and of their codes and scales after.
  package let quantizedBytesBefore: Int
  package let quantizedBytesAfter: Int
  package let keptTensors: Int
  package let keptBytes: Int
  /// dB of the worst layer and of the median one; `nil` without quantized layers that lose anything.
  package let worstDecibels: Double?
  package let medianDecibels: Double?
  /// The three worst layers.
  package let worstLayers: [LayerLoss]
}
