import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Reads a page as XML, which accepts no unbalanced tag, unquoted attribute or unescaped character.
final class PageReader: NSObject, XMLParserDelegate {
  struct Picture {
    var title = false
    var description = false
  }

  private(set) var problem: String?
  private(set) var identifiers: [String] = []
  /// Identifiers that labels and links point at.
  private(set) var references: [String] = []
  private(set) var headings: [Int] = []
  /// SVG elements that are not hidden from screen readers.
  private(set) var pictures: [Picture] = []
  private var path: [(name: String, isPicture: Bool)] = []

  init(_ page: String) {
    super.init()
    let parser = XMLParser(data: Data(page.utf8))
    parser.delegate = self
    if !parser.parse() {
      problem = "line \(parser.lineNumber): \(parser.parserError.map { "\($0)" } ?? "not well-formed")"
    }
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String]
  ) {
    if path.last?.isPicture == true, !pictures.isEmpty {
      if name == "title" { pictures[pictures.count - 1].title = true }
      if name == "desc" { pictures[pictures.count - 1].description = true }
    }
    let isPicture = name == "svg" && attributes["aria-hidden"] != "true"
    if isPicture { pictures.append(Picture()) }
    path.append((name, isPicture))
    if let identifier = attributes["id"] { identifiers.append(identifier) }
    references += (attributes["aria-labelledby"] ?? "").split(separator: " ").map(String.init)
    if let link = attributes["href"], link.hasPrefix("#") { references.append(String(link.dropFirst())) }
    if name.count == 2, name.hasPrefix("h"), let level = Int(name.dropFirst()) { headings.append(level) }
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    path.removeLast()
  }
}
