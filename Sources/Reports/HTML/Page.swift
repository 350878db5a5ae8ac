/// A whole self-contained page: no script, no font, image or style from anywhere else.
package struct Page: Sendable {
  package let title: String
  package let description: String
  package let body: [Markup]

  /// Which pages are this tool's, for whoever would replace one.
  package static let generator = "vlmtool"
  package static let mark = tag("meta", ["name": "generator", "content": generator]).rendered()

  package init(title: String, description: String, body: [Markup]) {
    self.title = title
    self.description = description
    self.body = body
  }

  package func rendered() -> String {
    let head = tag(
      "head",
      [
        tag("meta", ["charset": "utf-8"]),
        tag("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
        tag("meta", ["name": "color-scheme", "content": "light dark"]),
        tag("meta", ["name": "generator", "content": Self.generator]),
        tag("meta", ["name": "description", "content": description]),
        // Says to the browser itself that this page loads nothing.
        tag(
          "meta",
          [
            "http-equiv": "Content-Security-Policy",
            "content": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
          ]),
        tag("title", [.text(title)]),
        .stylesheet(Stylesheet.text),
      ])
    return "<!DOCTYPE html>\n"
      + tag("html", ["lang": "en", "xmlns": "http://www.w3.org/1999/xhtml"], [head, tag("body", body)])
      .rendered()
  }

  /// Who wrote the page.
  package static func footer(_ run: RunContext) -> Markup {
    tag("footer", [tag("p", [.text("Written by vlmtool \(run.version). This file loads nothing from anywhere else.")])])
  }

  /// The command line that gives the page again, and what it was given.
  package static func reproduction(_ run: RunContext, lead: String? = nil, _ details: [Markup]) -> Markup {
    tag(
      "section", ["aria-labelledby": "reproduce"],
      [
        tag("h2", ["id": "reproduce"], ["Reproduce"]), lead.map { tag("p", ["class": "lead"], [.text($0)]) } ?? .nothing,
        tag("pre", [tag("code", [.text(run.commandLine)])]),
      ] + details)
  }
}
