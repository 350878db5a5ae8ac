import Reports
import Testing

@Suite struct DisplayWidthTests {
  @Test(arguments: [("abc", 3), ("é", 1), ("e\u{301}", 1), ("重み", 4), ("👍🏽", 2), ("ｆ", 2), ("", 0), ("𝒙", 1)])
  func columns(text: String, width: Int) { #expect(text.columns == width) }

  @Test(arguments: [
    ("vision.blocks.0", 20, "vision.blocks.0"), ("vision.blocks.0", 9, "visi…ks.0"), ("重み重み", 5, "重…み"),
    ("abc", 1, "…"),
    ("abc", 0, ""),
  ])
  func shortening(text: String, limit: Int, expected: String) {
    #expect(text.shortenedInMiddle(to: limit) == expected)
    #expect(text.shortenedInMiddle(to: limit).columns <= limit)
  }
}
