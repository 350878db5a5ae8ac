import Probing
import Reports
import Statistics
import Testing

@Suite struct RankingPageTests {
  static func entry(_ path: String, _ scores: [Double], tiedWith: [Int], milliseconds: Double?)
    -> ProbeRanking.Entry
  {
    ProbeRanking.Entry(
      path: path, family: "qwen2_5_vl", precision: "float32", parameters: 1_420_000,
      scores: .init(byTarget: scores), includesLanguage: true, tiedWith: tiedWith, milliseconds: milliseconds)
  }

  static func ranking(_ names: [String] = ["small", "large", "other"], tied: Bool = true) -> ProbeRanking {
    ProbeRanking(
      data: "demos", episodes: 40, frames: 800, targets: ["ee-position", "gripper"], confidence: 0.95,
      framesAlone: .init(byTarget: [0.9, 0.8]),
      checkpoints: [
        entry("a/" + names[0], [0.92, 0.7], tiedWith: tied ? [2] : [], milliseconds: 3.25),
        entry("a/" + names[1], [0.9, 0.71], tiedWith: tied ? [1] : [], milliseconds: nil),
        entry("a/" + names[2], [0.5, 0.2], tiedWith: [], milliseconds: 12),
      ],
      differences: [
        .init(first: 1, second: 2, value: 0.005, interval: Interval(lower: -0.02, upper: 0.03)),
        .init(first: 1, second: 3, value: 0.46, interval: Interval(lower: 0.4, upper: 0.52)),
        .init(first: 2, second: 3, value: 0.455, interval: Interval(lower: 0.4, upper: 0.51)),
      ], notes: ["A note."])
  }

  @Test func isWellFormedAndLoadsNothing() {
    let page = RankingPage(Self.ranking(), run: ProbePageTests.run).rendered()
    let reader = PageReader(page)
    #expect(reader.problem == nil)
    for reference in reader.references { #expect(reader.identifiers.contains(reference), "\(reference)") }
    #expect(zip(reader.headings, reader.headings.dropFirst()).allSatisfy { $1 <= $0 + 1 })
    #expect(!page.contains("<script") && !page.contains("<img"))
  }

  @Test func saysWhoIsFirstAndWhoCannotBeTold() {
    let tied = RankingPage(Self.ranking(), run: ProbePageTests.run).rendered()
    #expect(tied.contains("Not to be told apart: small and large"))
    let clear = RankingPage(Self.ranking(tied: false), run: ProbePageTests.run).rendered()
    #expect(clear.contains("First: small"))
    for text in [
      "1. small", "less 3. other", "1.42 M", "3.2", "cached", "+0.460 [+0.400, +0.520]", "surely more",
      "the frames alone", "A note.",
      "&#39;demos folder&#39;",
    ] { #expect(clear.contains(text), "\(text)") }
  }

  @Test func hostileNamesStayText() {
    let hostile = "\"><script>x</script>"
    let page = RankingPage(Self.ranking([hostile, "b", "c"]), run: ProbePageTests.run).rendered()
    #expect(PageReader(page).problem == nil && !page.contains("<script"))
  }
}
