package import Runtime

extension FeatureCache {
  /// The frames of a data set, in order, as samples of a model: some at a time, so that few are in memory at once.
  package struct Frames: Sendable {
    package let count: Int
    /// Names what `samples` gives for the same frames, and nothing else has that name. May have to read them.
    package let identity: @Sendable (Range<Int>) throws -> String
    /// Asked for one of `parts` after another.
    package let samples: @Sendable (Range<Int>) throws -> [Sample]

    package init(
      count: Int, identity: @escaping @Sendable (Range<Int>) throws -> String,
      samples: @escaping @Sendable (Range<Int>) throws -> [Sample]
    ) {
      self.count = count
      self.identity = identity
      self.samples = samples
    }

    /// Frames that are looked up, encoded and kept together.
    package var parts: [Range<Int>] { Self.parts(of: count) }

    package static func parts(of count: Int) -> [Range<Int>] {
      stride(from: 0, to: count, by: size).map { part(from: $0, of: count) }
    }

    static func part(from start: Int, of count: Int) -> Range<Int> { start..<min(start + size, count) }

    /// Frames that a run which is interrupted loses at most.
    private static let size = 128

    /// The same frames, each sample changed; they keep their names, so the change has to be told by the key.
    package func map(_ change: @escaping @Sendable (Sample) throws -> Sample) -> Frames {
      let samples = samples
      return Frames(count: count, identity: identity) { try samples($0).map(change) }
    }
  }

  /// What an encoder makes of frames.
  package struct Encoding {
    /// What decides the features besides the frames: hash of the checkpoint, settings.
    package let key: [String]
    /// What the features are of, for people.
    package let label: String
    /// The encoder, for people.
    package let name: String
    package let frames: Frames
    package let gridSide: Int
    /// Called only when features are not cached.
    package let model: () throws -> any ProbedModel

    package init(
      key: [String], label: String, name: String, frames: Frames, gridSide: Int, model: @escaping () throws -> any ProbedModel
    ) {
      (self.key, self.label, self.name, self.frames, self.gridSide, self.model) = (key, label, name, frames, gridSide, model)
    }

    var activity: String { "encoding with \(name)" }
  }
}
