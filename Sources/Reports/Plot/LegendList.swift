/// What the lines and marks of a section's plots stand for.
package enum LegendList {
  /// `swatch`: on 36 x 14.
  package static func markup(_ entries: [(swatch: [Markup], name: String)]) -> Markup {
    tag(
      "ul", ["class": "legend", "aria-label": "Legend"],
      entries.map { entry in
        tag(
          "li",
          [
            tag(
              "svg",
              [
                "class": "swatch", "viewBox": "0 0 36 14", "aria-hidden": "true",
                "xmlns": "http://www.w3.org/2000/svg",
              ], entry.swatch), tag("span", [.text(entry.name)]),
          ])
      })
  }
}
