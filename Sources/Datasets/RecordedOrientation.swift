package import Tensors

/// What a recording says of how its frames are stored, file by file.
package struct RecordedOrientation: Sendable {
  /// One place of one file that says something.
  package struct Statement: Sendable {
    package let file: String
    /// For messages.
    package let place: String
    /// `macros_image_convention of /data is opengl`.
    package let sentence: String
    /// What that means, to follow the sentence: `, robosuite's word for bottom row first`.
    package let meaning: String
    /// `nil` when it is a word that nobody knows.
    package let orientation: ImageOrientation?

    package init(
      file: String, place: String, sentence: String, meaning: String, orientation: ImageOrientation?
    ) {
      self.file = file
      self.place = place
      self.sentence = sentence
      self.meaning = meaning
      self.orientation = orientation
    }
  }

  private let statements: [Statement]
  private let silent: [String]
  private let fallback: Chosen<ImageOrientation>

  private static let choices =
    "--orientation " + ImageOrientation.allCases.map(\.rawValue).joined(separator: ", ")

  /// - Parameters:
  ///   - silent: files that say nothing.
  ///   - fallback: what is taken when no file says anything, and why.
  package init(
    _ statements: [Statement] = [], silent: [String] = [], fallback: Chosen<ImageOrientation>
  ) {
    self.statements = statements
    self.silent = silent
    self.fallback = fallback
  }

  /// Whether the orientation rests on nothing that the files say.
  package var isSilent: Bool { statements.isEmpty }

  /// What all that the files say agrees in; `nil` where they are silent, or not of one mind.
  package var stated: ImageOrientation? {
    let said = Set(statements.map(\.orientation))
    return silent.isEmpty && said.count == 1 ? statements[0].orientation : nil
  }

  /// How frames are stored, and why; what the files say and `wanted` overrides is in the evidence.
  ///
  /// - Throws: `datasets.demonstration.inconsistent` when files, or two places of one, say different things.
  package func choose(_ wanted: ImageOrientation?) throws(VLMError) -> Chosen<ImageOrientation> {
    if let wanted {
      let against = statements.first { $0.orientation != wanted }
      return Chosen(
        wanted,
        "set by --orientation"
          + (against.map { ", although \($0.sentence)\($0.meaning) in \($0.file)" } ?? ""))
    }
    guard let first = statements.first else { return fallback }
    guard let orientation = first.orientation else {
      throw VLMError(
        .datasetInconsistent, first.sentence + first.meaning, file: first.file, tensor: first.place,
        remedy: "say how frames are stored: \(Self.choices)")
    }
    if let other = statements.first(where: { $0.orientation != orientation }) {
      throw VLMError(
        .datasetInconsistent, "\(other.sentence), but \(first.sentence) in \(first.file)", file: other.file,
        tensor: other.place, remedy: "probe files of one convention at a time, or say \(Self.choices)")
    }
    if let file = silent.first {
      throw VLMError(
        .datasetInconsistent, "nothing says how frames are stored, but \(first.sentence) in \(first.file)",
        file: file, tensor: first.place, remedy: "probe such files by themselves, or say \(Self.choices)")
    }
    return Chosen(orientation, first.sentence + first.meaning)
  }
}
