package import Mapping

/// What a quantize run is asked to do.
package struct QuantizationOptions: Sendable {
  package enum Format: String, CaseIterable, Sendable {
    /// The runtime's own parameter names, scales in f32.
    case runtime
    /// The source's public names and config, as compressed-tensors, transformers and vLLM load them.
    case compressedTensors = "compressed-tensors"
  }

  /// Directory, file or index of the checkpoint.
  package var checkpoint: String
  /// Directory to write; an interrupted run of the same job is gone on with.
  package var output: String
  /// Whether a checkpoint that is at `output` may be replaced.
  package var replacing = false
  package var format = Format.runtime
  package var scheme: any QuantizationScheme = W8A8()
  package var granularity = Granularity.channel
  /// Parts whose linear layers are quantized; `nil` is all.
  package var only: Set<ModelComponent>?
  /// Layers that stay as they are, see `LayerPattern`.
  package var keep: [LayerPattern] = []
  /// Plan and report, write nothing.
  package var dryRun = false
  /// Data bytes after which the next shard begins.
  package var maximumShardByteCount = 5_000_000_000
  /// A family file to add to those compiled in.
  package var familyFile: String?

  package init(checkpoint: String, output: String) {
    self.checkpoint = checkpoint
    self.output = output
  }
}
