internal import Checkpoints
package import Tensors

/// What a conversion writes, or would write, for people and machines.
public struct ConversionSummary: Codable, Sendable, Equatable {
  /// A file with tensors.
  public struct Shard: Codable, Sendable, Equatable {
    /// A bare name.
    public let file: String
    /// Bytes of the whole file.
    public let bytes: Int
    /// Number of tensors in it.
    public let tensors: Int
  }

  /// How many tensors were made in one way.
  public struct TransformCount: Codable, Sendable, Equatable {
    /// `rename`, or the steps from sources to result.
    public let transform: String
    /// Number of tensors.
    public let tensors: Int
    /// Their bytes as written.
    public let bytes: Int
  }

  /// What one run did of a whole that is not there yet.
  public struct Part: Codable, Sendable, Equatable {
    /// Such as `3/16`.
    public let part: String
    /// Number of tensors.
    public let tensors: Int
    /// Their bytes.
    public let bytes: Int
  }

  /// Only planned, nothing written.
  public let dryRun: Bool
  /// Name of the `OutputFormat`.
  public let target: String
  /// Identifier of the family, such as `qwen2_5_vl`.
  public let family: String
  /// Whose tensor names are written, or were read for the runtime's layout.
  public let dialect: String
  /// The directory.
  public let output: String
  /// Number of tensors.
  public let tensors: Int
  /// Bytes of all files with tensors.
  public let bytes: Int
  /// In order of name.
  public let shards: [Shard]
  /// By frequency.
  public let transforms: [TransformCount]
  /// Bytes of buffers in use at the busiest moment.
  @OfThisRun package private(set) var peakBufferBytes: Int
  /// Tokenizer, processor and other files that go along.
  public let copiedFiles: [String]
  /// Files beside the source that are not copied.
  public let leftFiles: [String]
  /// Source tensors kept unread under `source.`, or put back from there.
  public let carried: [String]
  /// Source tensors that are not in the output.
  public let dropped: [Coverage.Ignored]
  /// What is worth knowing about the output, a sentence each.
  public let notes: [String]
  /// Bytes that an interrupted run had written.
  public let resumedBytes: Int
  /// Where this run did a part; `tensors`, `bytes` and the files are those of the whole.
  public let part: Part?

  init(
    _ plan: ConversionPlan, layout: FileLayout, bufferByteCount: Int, _ options: Conversion.Options,
    resumedByteCount: Int?, share: WrittenShare?
  ) {
    dryRun = resumedByteCount == nil
    target = plan.format.name
    family = plan.configuration.family
    dialect = plan.configuration.dialect
    output = options.output
    let planned = plan.tensors
    tensors = planned.count
    shards = layout.files.map { Shard(file: $0.name, bytes: $0.byteCount, tensors: $0.offsets.count) }
    bytes = shards.reduce(0) { $0 + $1.bytes }
    var counts: [String: (tensors: Int, bytes: Int)] = [:]
    for entry in plan.entries {
      let transform = ConversionStep.text(of: entry.steps)
      for tensor in entry.tensors {
        counts[transform, default: (0, 0)].tensors += 1
        counts[transform, default: (0, 0)].bytes += tensor.descriptor.byteCount
      }
    }
    transforms = counts.map {
      TransformCount(transform: $0.key, tensors: $0.value.tensors, bytes: $0.value.bytes)
    }
    .sorted { ($1.tensors, $0.transform) < ($0.tensors, $1.transform) }
    peakBufferBytes = bufferByteCount
    copiedFiles = plan.companions.copied
    leftFiles = plan.companions.left
    carried = plan.entries.filter { $0.role == nil }.flatMap(\.sources)
    dropped = plan.dropped
    notes = plan.notes
    resumedBytes = resumedByteCount ?? 0
    part = share.flatMap { share in
      options.share.map { Part(part: "\($0)", tensors: share.tensors, bytes: share.byteCount) }
    }
  }
}
