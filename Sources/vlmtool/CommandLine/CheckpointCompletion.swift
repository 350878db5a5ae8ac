import Mapping
import Tensors

/// Values that a shell offers, from the checkpoint that is on the line already.
enum CheckpointCompletion {
  /// The dialects of the checkpoint's family that can be chosen to be written; all there are before it is typed.
  static func dialects(_ words: [String]) -> [String] {
    let files = (try? FamilyCatalog.builtIn())?.files ?? []
    let family = checkpoint(words)?.configuration.family
    let formats = OutputFormat.all.filter(\.takesDialect)
    return Set(
      files.filter { file in
        (family == nil || file.family == family) && formats.contains { $0.writes(file) }
      }.map(\.dialect)
    ).sorted()
  }

  /// Its linear modules, one pattern for all blocks.
  static func modules(_ words: [String]) -> [String] {
    let linear = (checkpoint(words)?.parameters ?? [:]).filter {
      $0.key.hasSuffix(".weight") && $0.value.shape.rank == 2
    }
    return Set(linear.keys.map { NearestNames.generalized(String($0.dropLast(7))) }).sorted()
  }

  /// Opened from headers alone, so it answers while somebody types.
  private static func checkpoint(_ words: [String]) -> MappedCheckpoint? {
    words.dropFirst(2).lazy.filter { !$0.hasPrefix("-") }.compactMap { try? MappedCheckpoint.open($0) }.first
  }
}
