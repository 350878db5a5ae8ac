internal import Files
internal import Grounding
internal import Tensors

/// Where the truth of a question is, if it is a place: what the answer says, and what the row's `source` adds to it.
struct PlaceTruth {
  private let row: QuestionRow
  private let source: JSONValue?
  private let sourceScale: SourceScale

  /// Two values for one place may differ by rounding alone.
  private static let tolerance = 0.01

  /// - Parameter source: of the row; `nil` where it asks more than once, since it does not say which of them is meant.
  init(_ row: QuestionRow, _ source: JSONValue?, _ sourceScale: SourceScale) {
    self.row = row
    self.source = source
    self.sourceScale = sourceScale
  }

  /// `nil` where the answer is words.
  func places(_ answer: QuestionTurn?, frame: PictureSize?) throws(VLMError) -> [GroundingScore.Truth]? {
    var (points, boxes) = (answer?.points ?? [], answer?.boxes ?? [])
    let text = answer?.text.trimmed ?? ""
    if points.isEmpty, boxes.isEmpty {
      let said = GroundedAnswer(text, picture: frame ?? .minecraft)
      let isPixels = text.wholeMatch(of: /\[[-0-9., ]+\]/) != nil
      if isPixels || said.mentions.first?.hasTags == true {
        guard !said.mentions.isEmpty else {
          throw row.failure("the answer \(text.prefix(60)) is no place", "conversations", remedy: "a place in pixels is [x, y] or [x, y, x, y]")
        }
        for place in said.mentions.flatMap(\.places) {
          switch place {
          case .point(let point): points.append(point)
          case .box(let box): boxes.append(box)
          }
        }
      } else if !said.unread.isEmpty, text.hasPrefix("<|") {
        throw row.failure("the answer's place cannot be read: \(said.unread[0])", "conversations", remedy: "mend the row")
      }
    }
    guard !points.isEmpty || !boxes.isEmpty || text.isEmpty else { return nil }
    let coordinates = Coordinates(row: row, field: "source", scale: sourceScale.scale(frame ?? .minecraft))
    guard source == nil || source == .null || source?.objectValue != nil else {
      throw row.failure("source is no object", "source", remedy: #"as {"points": [[x, y]], "bbox": [[x, y, x, y]]}"#)
    }
    let (more, areas) = (try coordinates.points(source?["points"]), try coordinates.boxes(source?["bbox"]))
    points = try merged(points, more) { [$0] }
    boxes = try merged(boxes, areas) { [$0.least, $0.greatest] }
    return points.isEmpty && boxes.isEmpty ? nil : try truths(points, boxes)
  }

  /// What the answer says, or else the source; where both do, they have to say the same.
  private func merged<Place>(
    _ said: [Place], _ source: [Place], _ corners: (Place) -> [PicturePoint]
  ) throws(VLMError) -> [Place] {
    guard !said.isEmpty, !source.isEmpty else { return said.isEmpty ? source : said }
    let (one, other) = (said.flatMap(corners), source.flatMap(corners))
    let agree = one.count == other.count
      && zip(one, other).allSatisfy { abs($0.x - $1.x) <= Self.tolerance && abs($0.y - $1.y) <= Self.tolerance }
    guard agree else {
      throw row.failure(
        "source and the answer name different places", "source",
        remedy: "leave one of both out, or say with --source-scale what the numbers of source count")
    }
    return said
  }

  /// A box with the first point in it; points without any box by themselves.
  private func truths(_ points: [PicturePoint], _ boxes: [PictureBox]) throws(VLMError) -> [GroundingScore.Truth] {
    guard !boxes.isEmpty else { return points.map { GroundingScore.Truth(point: $0) } }
    if let point = points.first(where: { point in !boxes.contains { $0.contains(point) } }) {
      throw row.failure(
        "the point (\(point.x * 100) %, \(point.y * 100) %) of the truth is in none of its boxes", "source",
        remedy: "leave one of both out, or say with --source-scale what the numbers of source count")
    }
    return boxes.map { box in GroundingScore.Truth(box: box, point: points.first { box.contains($0) }) }
  }
}
