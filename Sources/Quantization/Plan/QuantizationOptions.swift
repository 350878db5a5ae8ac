package import Mapping

/// What a quantize run is asked to do.
package struct QuantizationOptions: Sendable {
  /// Directory to write; an interrupted run of the same job is gone on with.
  package var output: String
  /// Whether a checkpoint that is at `output` may be replaced.
  package var replacing = false
  package var format = QuantizedFormat.all[0]
  package var scheme = QuantizationSchemes.all[0]
  package var granularity = Granularity.channel
  /// Parts whose linear layers are quantized; `nil` is all.
  package var only: Set<ModelComponent>?
  /// Layers that stay as they are, see `NamePick`.
  package var keep: [NamePick] = []
  /// Plan and report, write nothing.
  package var dryRun = false
  /// Data bytes after which the next shard begins.
  package var maximumShardByteCount = 5_000_000_000

  package init(output: String) { self.output = output }
}
