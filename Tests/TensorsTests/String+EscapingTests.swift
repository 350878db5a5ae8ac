import Tensors
import Testing

@Suite struct StringEscapingTests {
  /// `json.dumps(text, ensure_ascii=False)` in Python 3.11.
  @Test(
    arguments: [
      ("", "\"\""), ("model.layers.0", "\"model.layers.0\""), ("a\"b\\c/d", #""a\"b\\c/d""#),
      ("\n\r\t\u{8}\u{C}", #""\n\r\t\b\f""#), ("\u{0}\u{1}\u{1F}\u{7F}", "\"\\u0000\\u0001\\u001f\u{7F}\""),
      ("é 日本 😀 \u{2028}", "\"é 日本 😀 \u{2028}\""), ("e\u{301}\r\n", "\"e\u{301}\\r\\n\""),
    ])
  func jsonLiteral(text: String, literal: String) {
    #expect(text.jsonLiteral == literal)
  }

  /// `markupsafe.escape(text)`, version 3.0.
  @Test(
    arguments: [
      ("", ""), ("plain", "plain"),
      ("<a href=\"x\">'&'</a>", "&lt;a href=&#34;x&#34;&gt;&#39;&amp;&#39;&lt;/a&gt;"),
      ("&amp;", "&amp;amp;"), ("<\u{301}", "&lt;\u{301}"),
    ])
  func markup(text: String, escaped: String) {
    #expect(text.markupEscaped == escaped)
  }
}
