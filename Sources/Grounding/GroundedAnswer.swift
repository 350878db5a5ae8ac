/// The places that a model's answer names, in every spelling of JARVIS-VLA's training data and of its evaluation sample.
///
///     let answer = GroundedAnswer("<|object_ref_start|>log<|object_ref_end|><|point_start|>(443,572)<|point_end|>", picture: .minecraft)
///     answer.first    // point (0.443, 0.572)
///
/// | spelling | numbers |
/// |---|---|
/// | `<\|point_start\|>(x,y),(x,y)<\|point_end\|>` | points, thousandths |
/// | `<\|box_start\|>(x,y),(x,y)<\|box_end\|>` | the corners of a box, thousandths |
/// | `(x=0.443,y=0.572)` in either | fractions |
/// | `(x,y)`, where special tokens were skipped | points, thousandths |
/// | `[x,y]`, `[x,y,x,y]` | a point, a box, pixels |
///
/// A label between `<|object_ref_start|>` and `<|object_ref_end|>` goes with what follows it. What has no tags counts only in an answer
/// without any. An answer is never an error: what looks like a place and cannot be read is in `unread`.
package struct GroundedAnswer: Equatable, Sendable {
  /// A tagged span, or a place without tags.
  package struct Mention: Equatable, Sendable {
    package let label: String?
    package let places: [PicturePlace]
    package let hasTags: Bool
  }

  /// In the order of the text.
  package let mentions: [Mention]
  /// Spans that begin like a place and are none: without an end, without numbers, with a number missing.
  package let unread: [String]

  /// The first place there is.
  package var first: PicturePlace? { mentions.lazy.compactMap(\.places.first).first }

  /// - Parameter picture: the frame that pixels are of.
  package init(_ text: String, picture: PictureSize) {
    var scanner = AnswerScanner(text, picture: picture)
    scanner.run()
    let tagged = scanner.mentions.filter(\.hasTags)
    mentions = tagged.isEmpty && scanner.unread.isEmpty ? scanner.mentions : tagged
    unread = scanner.unread
  }
}
