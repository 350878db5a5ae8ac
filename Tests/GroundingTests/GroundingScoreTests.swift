import Grounding
import Testing

/// The protocol, on values worked out by hand.
@Suite struct GroundingScoreTests {
  private static func score(_ text: String, _ truth: GroundingScore.Truth) -> GroundingScore {
    GroundingScore(GroundedAnswer(text, picture: .minecraft), truth, picture: .minecraft)
  }

  private static func point(_ x: Double, _ y: Double) -> PicturePoint { CoordinateScale.pixels(.minecraft).point(x, y) }

  /// The sample of the paper's appendix: a point at [284, 206] of 640 x 360.
  static let truth = GroundingScore.Truth(point: point(284, 206))
  static let boxed = GroundingScore.Truth(box: PictureBox(point(270, 190), point(300, 220)), point: point(284, 206))

  @Test func distancesAreInPixels() throws {
    let exact = Self.score("[284,206]", Self.truth)
    #expect(exact.distance == 0 && exact.isInside == nil)
    // 3 right and 4 down.
    #expect(abs(try #require(Self.score("[287,210]", Self.truth).distance) - 5) < 1e-9)
    // In thousandths (500, 500) is the centre, [320, 180]: 36 and -26 away.
    let tagged = try #require(Self.score("<|point_start|>(500,500)<|point_end|>", Self.truth).distance)
    #expect(abs(tagged - (36.0 * 36 + 26 * 26).squareRoot()) < 1e-9)
  }

  @Test(arguments: [
    ("[284,206]", true), ("[270,190]", true), ("[300,220]", true), ("[269,206]", false), ("[284,221]", false),
    // Of a box the centre counts: [285, 205], and [384, 216].
    ("[190,160,380,250]", true), ("<|box_start|>(500,500),(700,700)<|box_end|>", false),
    // The first place counts.
    ("[284,206] or [1,1]", true), ("[1,1] or [284,206]", false), ("I do not see it.", false),
  ])
  func inTheBox(text: String, isInside: Bool) {
    let score = Self.score(text, Self.boxed)
    #expect(score.isInside == isInside)
    #expect((score.distance == nil) == (score.answered == nil) && (score.answered == nil) == text.hasPrefix("I"))
  }

  @Test func aBoxAloneHasItsCentreForATruth() {
    let truth = GroundingScore.Truth(box: PictureBox(Self.point(300, 220), Self.point(270, 190)))
    #expect(abs(truth.point.x * 640 - 285) < 1e-9 && abs(truth.point.y * 360 - 205) < 1e-9)
  }

  /// Items `point` of the public rows are in per cent.
  @Test func perCent() {
    #expect(CoordinateScale.percent.point(50, 100) == PicturePoint(x: 0.5, y: 1))
  }

  @Test func whoseProtocolItIs() {
    #expect(GroundingScore.label.contains("own protocol") && ChoiceScore.label.contains("own protocol"))
  }
}

@Suite struct ChoiceScoreTests {
  static let options = ["Diamond pickaxe", "Iron pickaxe", "A wooden hoe"]

  @Test(
    arguments: [
      ("B", 1), ("b", 1), ("(B)", 1), ("B.", 1), ("B)", 1), ("B: Iron pickaxe", 1), ("B. iron pickaxe.", 1), ("(B) Iron  pickaxe", 1),
      ("Iron pickaxe", 1), ("iron pickaxe.", 1), ("\"Iron pickaxe\"", 1), ("The answer is B.", 1), ("The correct answer is (B).", 1),
      ("Answer: Iron pickaxe", 1), ("Option B", 1), ("A wooden hoe", 2), ("A", 0),
      // None, more than one, or another's text.
      ("D", nil), ("A iron pickaxe", nil), ("B and C", nil), ("B, C", nil), ("B. Diamond pickaxe", nil), ("", nil), ("Use the iron pickaxe", nil),
      ("(B", nil), ("Bb", nil), ("é", nil), ("(", nil),
    ] as [(String, Int?)])
  func options(answer: String, chosen: Int?) {
    for truth in ["B", "Iron pickaxe"] {
      let score = ChoiceScore(answer, options: Self.options, truth: truth)
      #expect(score.chosen == chosen && score.isCorrect == (chosen == 1), "\(score)")
    }
  }

  @Test(arguments: [
    ("Obsidian", true), (" obsidian.\n", true), ("'Obsidian'", true), ("Obsidian block", false), ("", false), ("stone", false),
  ])
  func exactly(answer: String, isCorrect: Bool) {
    let score = ChoiceScore(answer, truth: "obsidian")
    #expect(score.isCorrect == isCorrect && score.chosen == nil)
    #expect(!ChoiceScore("", truth: "").isCorrect)
  }
}
