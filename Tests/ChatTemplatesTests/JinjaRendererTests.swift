import Foundation
import Tensors
import Testing

@testable import ChatTemplates

/// The language, a rule a case, against jinja2 as transformers sets it up.
@Suite struct JinjaRendererTests {
  static func render(_ template: String) throws -> String {
    try ChatTemplate(source: template, file: "test.jinja").render(variables: [
      "messages": Cases.messages("two turns"), "tools": .none, "documents": .none,
      "add_generation_prompt": .bool(true),
    ])
  }

  @Test(arguments: Cases.language) func followsJinja2(example: Cases.Case) throws {
    if let expected = example.expected {
      let text = try Self.render(example.template)
      #expect(
        Array(text.utf8) == Array(expected.utf8),
        "\(example.template.debugDescription): \(text.debugDescription), not \(expected.debugDescription)")
    } else {
      let error = #expect(throws: VLMError.self, "\(example.template)") { try Self.render(example.template) }
      #expect(error?.message.hasPrefix("line ") == true, "\(example.template)")
      #expect(error?.file == "test.jinja")
    }
  }

  /// Dates as Python's `strftime` writes them; at half past eleven UTC it is the same day nearly everywhere.
  @Test func writesDates() throws {
    func render(_ template: String) throws -> String {
      try ChatTemplate(source: template, file: "test.jinja").render(variables: [:], now: 1_720_265_405)
    }
    let format = "on %Y|%y|%m|%d|%j|%A|%a|%B|%b|%%"
    #expect(
      try render("{{ strftime_now('\(format)') }}") == "on 2024|24|07|06|188|Saturday|Sat|July|Jul|%")
    let unknown = #expect(throws: VLMError.self) { try render("{{ strftime_now('%Q') }}") }
    #expect(unknown?.message == "line 1: strftime_now does not know '%Q'")
    for template in ["{{ strftime_now('100%') }}", "{{ '%s%' % 1 }}"] {
      let open = #expect(throws: VLMError.self) { try render(template) }
      #expect(open?.message == "line 1: the format ends after a '%'")
    }
  }

  @Test func namesTheLine() {
    let error = #expect(throws: VLMError.self) { try Self.render("a\n{% set x = 1 %}\n{{ x +\n 'y' }}\n") }
    #expect(error?.message == "line 3: '+' does not go between int and str")
    let syntax = #expect(throws: VLMError.self) { try Self.render("a\r\nb\n\n  {{ x ! }}") }
    #expect(syntax?.message.hasPrefix("line 4: ") == true)
    let unclosed = #expect(throws: VLMError.self) { try Self.render("\n\n{% for x in y %}\nz") }
    #expect(unclosed?.message == "line 3: '{% endfor %}' is missing for the block that begins")
  }

  /// Programs that would not come to an end, or would fill the memory.
  @Test(arguments: [
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% set ns = namespace(t='aaaaaaaaaaaaaaaa') %}{% for i in range(60) %}{% set ns.t = ns.t + ns.t %}{% endfor %}",
    "{% set ns = namespace(t=1) %}{% for i in range(90000) %}{% set ns.t = [ns.t] %}{% endfor %}",
    "{% set ns = namespace(t=1) %}{% for i in range(50) %}{% set ns.t = [ns.t, ns.t] %}{% endfor %}{{ ns.t }}",
    "{% macro f() %}{{ f()" + String(repeating: " ~ 1", count: 390) + " }}{% endmacro %}{{ f() }}",
    "{% set s = 'a' * 9999999 %}{% for i in range(99999) %}{% if 'b' in s %}{% endif %}{% endfor %}",
    "{{ 'a' * 999999999999 }}", "{{ 2 ** 99 }}", "{{ 9223372036854775807 + 1 }}",
    "{% set ns = namespace(t=[1]) %}{% for i in range(60) %}{% set ns.t = ns.t + ns.t %}{% endfor %}",
    "{% set ns = namespace(t='') %}{% for i in range(50) %}{% set ns.t = [ns.t, ns.t] | tojson %}{% endfor %}",
    "{% set ns = namespace(t='a') %}{% for i in range(90) %}{% set ns.t = ns.t | replace('a', ns.t ~ 'a') %}{% endfor %}",
    "{% set ns = namespace(t=(1,)) %}{% for i in range(60) %}{% set ns.t = ns.t + ns.t %}{% endfor %}",
    "{% set s = 'a' * 999999 %}{{ range(90000) | map('string') | join(s) }}",
    "{% set s = 'a' * 999999 %}{{ ('%s' * 90000) % s.split('a') }}{{ s.join(s) }}",
    "{% set s = 'a\n' * 999999 %}{{ s | indent(1000) }}",
    "{% set s = 'a' * 9999999 %}{% for i in range(99999) %}{{ s[i] }}{% endfor %}",
    "{% set s = 'a' * 9999999 %}{% for i in s %}{% endfor %}",
  ])
  func boundsPrograms(template: String) {
    let error = #expect(throws: VLMError.self) { try Self.render(template) }
    #expect(error?.code == .templateLimit)
  }

  /// Looking for a long text in a longer one takes as long as reading both.
  @Test(.timeLimit(.minutes(1))) func searchesAreLinear() throws {
    let long = "{% set a = 'a' * 200000 %}{% set b = 'a' * 100000 ~ 'b' %}"
    #expect(
      try Self.render(
        long
          + "{{ a.find(b) }} {{ b in a }} {{ a.replace(b, '') | length }} {{ a.split(b) | length }} {{ a.count(b) }}")
        == "-1 False 200000 1 0")
    #expect(try Self.render("{{ 'aabaab'.split('aab') }} {{ 'xaax'.rsplit('a', 1) }}") == "['', '', ''] ['xa', 'x']")
    #expect(try Self.render("{{ 'abababa'.replace('aba', '-') }} {{ 'abc'.replace('', '.', 2) }}") == "-b- .a.bc")
    #expect(try Self.render("{{ 'aaaa'.count('aa') }} {{ 'abc'.count('') }}") == "2 4")
  }

  /// A long chain is a deep expression: rendered or refused, the stack must hold.
  @Test(arguments: ["1+", "x.", "x|trim|", "1 or ", "1 if ", "x(0)(", "x[", "1 ~ ", "'a'", "1 < "])
  func boundsChains(part: String) {
    let source = "{{ " + String(repeating: part, count: 20_000) + "1 }}"
    do { _ = try Self.render(source) } catch { #expect(error is VLMError) }
  }

  @Test(arguments: ["(", "[", "{{", "{% if x %}", "not ", "-", "a.", "{% for x in y %}", "{'a':"])
  func boundsNesting(part: String) {
    let error = #expect(throws: VLMError.self) {
      try Self.render(
        (part.hasPrefix("{{") || part.hasPrefix("{%") ? "" : "{{ ") + String(repeating: part, count: 20_000))
    }
    #expect(error?.code == .templateSyntax)
  }

  /// Every prefix of a real template is parsed or refused.
  @Test func truncatedTemplatesAreRefusedOrRendered() throws {
    let text = try String(contentsOf: Cases.root.appending(path: "qwen3_vl.jinja"), encoding: .utf8)
    for length in stride(from: 0, to: text.count, by: 37) {
      do {
        _ = try Self.render(String(text.prefix(length)))
      } catch {
        #expect(error is VLMError)
      }
    }
  }
}
