import Foundation
import TestSupport
import Testing

@testable import Grounding

/// Places in answers, against what the authors' own code reads: see fixtures/oracle/make_answers.py.
@Suite struct GroundedAnswerTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let kind: String
    let text: String
    let label: String?
    let thousandths: [[Double]]
    let pixels: [[Int]]
    var testDescription: String { text }
  }

  static let cases = try! JSONDecoder().decode([Case].self, from: Data(contentsOf: Fixture.url("jarvis/answers.json")))

  static func read(_ text: String) -> GroundedAnswer { GroundedAnswer(text, picture: .minecraft) }

  private static func point(_ x: Double, _ y: Double) -> PicturePlace { .point(PicturePoint(x: x, y: y)) }

  private static func box(_ x: Double, _ y: Double, _ x2: Double, _ y2: Double) -> PicturePlace {
    .box(PictureBox(PicturePoint(x: x, y: y), PicturePoint(x: x2, y: y2)))
  }

  @Test(arguments: cases) func readsWhatTheAuthorsRead(each: Case) throws {
    let answer = Self.read("It is here: \(each.text).")
    #expect(answer.mentions.count == 1 && answer.unread.isEmpty)
    let mention = try #require(answer.mentions.first)
    #expect(mention.label == each.label && mention.hasTags && mention.places.count == each.thousandths.count)
    for (place, expected) in zip(mention.places, each.thousandths) {
      let center = place.center
      // Their centre of a box is in whole thousandths, rounded down; fractions pass through a decimal.
      let tolerance = each.kind == "box" ? 0.5 : 1e-9
      #expect(abs(center.x * 1000 - expected[0] - (each.kind == "box" ? 0.25 : 0)) <= tolerance)
      #expect(abs(center.y * 1000 - expected[1] - (each.kind == "box" ? 0.25 : 0)) <= tolerance)
      if case .box = place { #expect(each.kind == "box") } else { #expect(each.kind == "points") }
    }
    for (place, pixel) in zip(mention.places, each.pixels) {
      #expect([Int(place.center.x * 640 + 1e-9), Int(place.center.y * 360 + 1e-9)] == pixel)
    }
  }

  /// Every spelling, in fractions of 640 x 360.
  @Test(
    arguments: [
      ("<|point_start|>(500,250)<|point_end|>", [point(0.5, 0.25)]),
      ("<|point_start|> (500, 250), (1,2) <|point_end|>", [point(0.5, 0.25), point(0.001, 0.002)]),
      ("<|point_start|>(500,250)(1,2)<|point_end|>", [point(0.5, 0.25), point(0.001, 0.002)]),
      ("<|point_start|>(x=0.5, y=0.25)<|point_end|>", [point(0.5, 0.25)]),
      ("<|box_start|>(100,200),(300,400)<|box_end|>", [box(0.1, 0.2, 0.3, 0.4)]),
      ("<|box_start|>(300,400),(100,200)<|box_end|>", [box(0.1, 0.2, 0.3, 0.4)]),
      ("<|box_start|>(0,0),(10,10),(20,20),(30,30)<|box_end|>", [box(0, 0, 0.01, 0.01), box(0.02, 0.02, 0.03, 0.03)]),
      ("<|box_start|>(500,250)<|box_end|>", [point(0.5, 0.25)]),
      ("log(500,250)", [point(0.5, 0.25)]),
      ("[320,90]", [point(0.5, 0.25)]),
      ("The log is at [320.0, 90.0].", [point(0.5, 0.25)]),
      ("[64, 36, 128, 72]", [box(0.1, 0.1, 0.2, 0.2)]),
      ("[[320, 90]]", [point(0.5, 0.25)]),
      // Off the picture, and said so.
      ("<|point_start|>(-5,1200)<|point_end|>", [point(-0.005, 1.2)]),
    ] as [(String, [PicturePlace])])
  func spellings(text: String, places: [PicturePlace]) {
    let answer = Self.read(text)
    #expect(answer.mentions.flatMap(\.places) == places && answer.unread.isEmpty, "\(answer)")
    #expect(answer.first == places.first)
  }

  /// Prose, and what looks like a place without being one.
  @Test(arguments: [
    "", "I do not see it.", "(2 planks)", "[1]", "[1,2,3]", "[1,2,3,4,5]", "(1;2)", "(1,2", "[1,2", "(,2)", "(1,)", "(1,2,3)", "(x=0.5,2)",
    "(1.,2)", "(.5,2)", "(1e3,2)", "(9999999999,2)", "( , )", "()", "[]", "(--1,2)", "<|box", "<", "(\u{301}1,2)", "(１,２)", "(nan,inf)",
  ])
  func noPlace(text: String) {
    let answer = Self.read(text)
    #expect(answer.mentions.isEmpty && answer.unread.isEmpty && answer.first == nil, "\(answer)")
  }

  /// Tags whose content is none are said, and numbers elsewhere do not stand in for them.
  @Test(arguments: [
    "<|point_start|><|point_end|>", "<|point_start|>here<|point_end|> (1,2)", "<|point_start|>(1,2)", "<|point_start|>(1,2),<|point_end|>",
    "<|point_start|>(1,2) and (3,4)<|point_end|>", "<|box_start|>(1,2),(3,4),(5,6)<|box_end|>", "<|box_start|>(1,2),(3,4)<|point_end|>",
    "<|point_start|>[1,2]<|point_end|>", "<|object_ref_start|>log [1,2]", "<|point_start|>(1,)<|point_end|>",
  ])
  func unreadTags(text: String) {
    let answer = Self.read(text)
    #expect(answer.first == nil && answer.unread.count == 1, "\(answer)")
  }

  @Test func aSpanWithoutAnEndTakesNoOthers() {
    let answer = Self.read("<|point_start|>(1,2) <|object_ref_start|>log<|object_ref_end|><|point_start|>(500,250)<|point_end|>")
    #expect(answer.unread.count == 1 && answer.mentions.count == 1)
    #expect(answer.first == Self.point(0.5, 0.25) && answer.mentions.first?.label == "log")
  }

  /// Tagged places go before others, wherever they stand; a label is of the next place only.
  @Test func tagsCountFirst() {
    let answer = Self.read(
      "At [1,2]: <|object_ref_start|>a<|object_ref_end|><|box_start|>(0,0),(2,2)<|box_end|><|point_start|>(3,3)<|point_end|>")
    #expect(answer.mentions.map(\.label) == ["a", nil] && answer.mentions.allSatisfy(\.hasTags))
    #expect(answer.first?.center == PicturePoint(x: 0.001, y: 0.001))
  }

  @Test func anyCutAndAnyDamageIsRead() {
    for each in Self.cases {
      for length in 0...each.text.count {
        let answer = Self.read(String(each.text.prefix(length)))
        if length < each.text.count { #expect(answer.mentions.allSatisfy { !$0.hasTags } ) }
      }
    }
    var random = SystemRandomNumberGenerator()
    let pieces = ["<|point_start|>", "<|point_end|>", "<|box_start|>", "<|object_ref_end|>", "(", ")", ",", "[", "]", "1", "-", ".", "x=", " ", "é", "\0", "<|"]
    for _ in 0..<2000 {
      let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
      for place in Self.read(text).mentions.flatMap(\.places) { #expect(place.center.x.isFinite && place.center.y.isFinite, "\(text)") }
    }
  }

  /// A quarter of a megabyte of the worst there is, in time that does not grow with its square; the limit is for busy machines.
  @Test(.timeLimit(.minutes(5)), arguments: ["<", "(", "[", "<|point_start|>", "<|object_ref_start|>", "<|point_start|>(1,2),", "[1,", "(1 "])
  func longAnswers(piece: String) {
    #expect(Self.read(String(repeating: piece, count: 250_000 / piece.count)).first == nil)
  }
}
