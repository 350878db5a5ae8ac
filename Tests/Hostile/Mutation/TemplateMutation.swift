import Tensors


/// Changes to a chat template: pieces of it swapped, lost or doubled, and loops that would not end put in.
enum TemplateMutation {
  static let pieces: [String] = [
    "{% for i in range(100000) %}{% for j in range(100000) %}{{ i }}{% endfor %}{% endfor %}",
    "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(60) %}{% set ns.x = ns.x.replace('a', 'aa') %}{% endfor %}",
    "{% set ns = namespace(x='a') %}{% for i in range(60) %}{% set ns.x = ns.x.replace('', 'aaaaaaaaaaaaaaaa') %}{% endfor %}",
    "{% set ns = namespace(x='a') %}{% for i in range(90) %}{% set ns.x = ns.x | replace('a', ns.x ~ 'a') %}{% endfor %}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(90) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace(x=(1,)) %}{% for i in range(90) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(90) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}",
    "{% set ns = namespace(x='%s') %}{% for i in range(90) %}{% set ns.x = ns.x % (ns.x ~ ns.x,) %}{% endfor %}",
    "{% set ns = namespace(x='{0}') %}{% for i in range(90) %}{% set ns.x = ns.x.format(ns.x ~ ns.x) %}{% endfor %}",
    "{% macro m(x) %}{{ m(x) }}{{ m(x) }}{% endmacro %}{{ m(1) }}",
    "{% set x = 'a' * 10000000 %}{{ x.split('a') | length }}{{ x.join(x) }}",
    "{% set x = 'ab' * 4000000 %}{% for i in range(5000) %}{{ x.count('ba') }}{{ x.upper() | length }}{% endfor %}",
    "{% set x = ('ß' * 1000000) %}{% for i in range(5000) %}{{ x | upper | length }}{{ x | e | length }}{% endfor %}",
    "{% set x = 'a\n' * 1000000 %}{{ x | indent(1000) }}{{ x.splitlines() | length }}",
    "{% set x = ['aaaaaaaaaaaaaaaa' * 60000] * 1 %}{{ range(0, 90000) | map('string') | join(x[0]) }}",
    "{{ range(0, 9223372036854775807, 9223372036854775807) }}{{ -9223372036854775807 - 1 }}{{ 2 ** 63 }}",
    "{{ (-9223372036854775807 - 1) // -1 }}{{ (-9223372036854775807 - 1) % -1 }}{{ 'a'[9223372036854775807:] }}",
    "{{ 'abc'[-9223372036854775807 - 1] }}{{ [1][-9223372036854775807 - 1] }}{{ 'abc'[::-9223372036854775807] }}",
    "{{ 1e308 * 10 | int }}{{ (1e308 * 10) | round(300) }}{{ 1e19 | int }}{{ 'a' * -1 }}{{ 'a' * 9223372036854775807 }}",
    "{{ 'a' | indent(9223372036854775807) }}{{ [1] | tojson(indent=9223372036854775807) }}{{ messages * 3 }}",
    "{{ messages | tojson }}{{ messages | string }}{{ messages == messages }}{{ [messages] * 2 }}",
    "{% set x = range(90000) | list %}{% for i in x %}{{ x | unique | length }}{{ x | sort | length }}{% endfor %}",
    "{% set x = range(9000) | list %}{% for i in x %}{{ i in x }}{{ x[::-1] | length }}{% endfor %}",
    "{% set a = ('a' * 100000) ~ 'b' %}{{ ('a' * 200000).find(a) }}{{ ('a' * 200000).replace(a, '') | length }}",
    "{{ strftime_now('%Y' * 1000000) | length }}{{ ('%s' * 100000) % (1, 2) }}",
    "{{ " + String(repeating: "(", count: 5000) + "1", "{{ " + String(repeating: "-", count: 5000) + "1 }}",
    "{{ 1" + String(repeating: " + 1", count: 50_000) + " }}", "{{ x" + String(repeating: ".a", count: 50_000) + " }}",
    String(repeating: "{% if 1 %}", count: 5000), "{% raw %}", "{#", "{{ 'a", "{% for %}", "{{ raise_exception('no') }}",
    "{{ namespace }}{{ loop }}{{ range }}{{ messages.__class__ }}{{ self }}{{ messages[0]['content'] * 5 }}",
  ]

  @Sendable static func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    switch random.index(below: 5) {
    case 0: ByteMutation.anywhere(&bytes, &random)
    case 1, 2:
      let piece = Array(pieces[random.index(below: pieces.count)].utf8)
      bytes.insert(contentsOf: piece, at: random.index(below: 4) == 0 ? random.index(below: bytes.count + 1) : 0)
    default:
      // Blocks change places, or stand twice.
      let cuts = bytes.indices.filter { bytes[$0] == UInt8(ascii: "{") }
      guard cuts.count > 1 else { return ByteMutation.anywhere(&bytes, &random) }
      let first = random.index(below: cuts.count - 1)
      let block = Array(bytes[cuts[first]..<cuts[first + 1]])
      if random.index(below: 2) == 0 { bytes.removeSubrange(cuts[first]..<cuts[first + 1]) }
      bytes.insert(contentsOf: block, at: min(cuts[random.index(below: cuts.count)], bytes.count))
    }
  }
}
