/// How an answer to "Point the X" is judged. The protocol is this tool's own: the authors of JARVIS-VLA published none.
///
/// Of an answer its first place counts, of a box its centre. With a box for truth it is right when that point is inside it, borders
/// included; with a point for truth, or beside the box, the distance to it is reported, in pixels of the frame. An answer without a place is
/// wrong, and has no distance.
package struct GroundingScore: Equatable, Sendable {
  /// What stands beside every such number.
  package static let label = "vlmtool's own protocol: first point in the box, or its distance; the paper's is not published"

  package struct Truth: Equatable, Sendable {
    package let box: PictureBox?
    package let point: PicturePoint

    /// - Parameters:
    ///   - box: what the object takes up.
    ///   - point: a point on it; without one, the box's centre.
    package init(box: PictureBox, point: PicturePoint? = nil) {
      self.box = box
      self.point = point ?? box.center
    }

    package init(point: PicturePoint) {
      box = nil
      self.point = point
    }
  }

  /// What was taken for the answer; `nil` where there is no place in it.
  package let answered: PicturePoint?
  /// Whether it is in the box; `nil` where the truth has none.
  package let isInside: Bool?
  /// Pixels to the truth's point; `nil` without an answer.
  package let distance: Double?

  package init(_ answer: GroundedAnswer, _ truth: Truth, picture: PictureSize) {
    let answered = answer.first?.center
    self.answered = answered
    isInside = truth.box.map { box in answered.map(box.contains) ?? false }
    distance = answered.map { picture.distance($0, truth.point) }
  }
}
