import Mapping
import Tensors

/// Values that a shell offers, from the checkpoint that is on the line already.
enum CheckpointCompletion {
  /// The dialects of the checkpoint's family; all there are before it is typed.
  static func dialects(_ words: [String]) -> [String] {
    let files = (try? FamilyCatalog.builtIn())?.files ?? []
    let family = checkpoint(words)?.configuration.family
    return Set(files.filter { family == nil || $0.family == family }.map(\.dialect)).sorted()
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
