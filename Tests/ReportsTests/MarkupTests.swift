import Foundation
import Reports
import Testing

@Suite struct MarkupTests {
  @Test func nothingFromDataBecomesMarkup() {
    let hostile = "</p><script>alert(1)</script>\" onload='x' & \u{0}\u{1B}\u{202E}"
    let text = tag("p", ["title": hostile], [.text(hostile)]).rendered()
    let safe =
      "&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#34; onload=&#39;x&#39; &amp; \u{FFFD}\u{FFFD}\u{FFFD}"
    #expect(text == "<p title=\"\(safe)\">\(safe)</p>\n")
  }

  @Test func emptyElementsCloseAsBothParsersExpect() {
    #expect(tag("br").rendered() == "<br />")
    #expect(tag("td").rendered() == "<td></td>")
    #expect(
      tag("circle", ["r": "2"], [tag("title", ["x"])]).rendered()
        == "<circle r=\"2\"><title>x</title>\n</circle>\n")
  }

  @Test func absentAttributesAreLeftOut() {
    #expect(tag("i", ["class": nil, "id": "a"]).rendered() == "<i id=\"a\"></i>")
  }
}
