internal import Tensors

/// A piece of a page: elements and text, never strings of tags, so that nothing from data can become markup.
///
/// Writes XHTML-compatible HTML: every element closed, every attribute quoted, the same tree for an HTML and an XML parser.
package indirect enum Markup: Sendable {
  case element(String, attributes: [Attribute], children: [Markup])
  case text(String)
  case group([Markup])
  /// A style sheet written by this program; must hold none of `<`, `&`, which HTML and XML read differently there.
  case stylesheet(String)

  package struct Attribute: Sendable {
    let name: String
    let value: String
  }

  package static let nothing = Markup.group([])

  /// The text of this tree.
  package func rendered() -> String {
    var text = ""
    write(to: &text)
    return text
  }

  private func write(to text: inout String) {
    switch self {
    case .text(let content): text += Markup.escaped(content)
    case .group(let children): for child in children { child.write(to: &text) }
    case .stylesheet(let content):
      precondition(!content.contains("<") && !content.contains("&"), "a style sheet may not hold < or &")
      text += "<style>\n\(content)\n</style>\n"
    case .element(let name, let attributes, let children):
      text += "<" + name
      for attribute in attributes { text += " \(attribute.name)=\"\(Markup.escaped(attribute.value))\"" }
      if children.isEmpty, Markup.childless.contains(name) {
        text += " />"
      } else {
        text += ">"
        for child in children { child.write(to: &text) }
        text += "</\(name)>"
      }
      if Markup.blocks.contains(name) { text += "\n" }
    }
  }

  /// `content` as character data; what XML cannot carry at all becomes U+FFFD.
  package static func escaped(_ content: String) -> String {
    var text = String.UnicodeScalarView()
    for scalar in content.unicodeScalars { text.append(isCharacterData(scalar.value) ? scalar : "\u{FFFD}") }
    return String(text).markupEscaped
  }

  private static func isCharacterData(_ value: UInt32) -> Bool {
    switch value {
    case 0x09, 0x0A: true
    case 0..<0x20, 0x7F..<0xA0, 0xFFFE, 0xFFFF: false
    // Bidirectional controls could make a page read differently from its source.
    case 0x202A...0x202E, 0x2066...0x2069: false
    default: true
    }
  }

  /// Elements that HTML closes by themselves, and SVG shapes, which it allows to.
  private static let childless: Set<String> = [
    "meta", "img", "br", "hr", "col", "line", "path", "circle", "rect", "polyline", "polygon",
  ]
  private static let blocks: Set<String> = [
    "html", "head", "body", "meta", "title", "main", "header", "footer", "section", "nav", "article",
    "figure",
    "figcaption", "div", "p", "h1", "h2", "h3", "h4", "ul", "ol", "li", "dl", "dd", "table", "caption",
    "thead", "tbody",
    "tr", "details", "summary", "svg", "g", "desc", "pre", "line", "text", "path", "circle", "rect",
  ]
}

extension Markup: ExpressibleByStringInterpolation {
  package init(stringLiteral value: String) { self = .text(value) }
}

/// An element; attributes whose value is `nil` are left out.
package func tag(
  _ name: String, _ attributes: KeyValuePairs<String, String?> = [:], _ children: [Markup] = []
) -> Markup {
  .element(
    name,
    attributes: attributes.compactMap { name, value in value.map { Markup.Attribute(name: name, value: $0) }
    },
    children: children)
}

package func tag(_ name: String, _ children: [Markup]) -> Markup { tag(name, [:], children) }
