package import Mapping

extension FormatLibrary {
  /// What `vlmtool formats` says on a terminal: every family in its dialects, parts, containers, and how to add one.
  package func render(on terminal: Terminal) -> String {
    var table = TextTable([.text("name"), .text("family"), .name("in config.json")])
    for family in families {
      table.append([
        TextTable.Cell(family.name), TextTable.Cell(family.title), TextTable.Cell(family.config),
      ])
    }
    var containerTable = TextTable([.text("container"), .name("described")])
    for container in containers {
      containerTable.append([TextTable.Cell(container.name), TextTable.Cell(container.title)])
    }
    return [
      table.render(on: terminal), containerTable.render(on: terminal),
      Paragraph.lines(
        parts.joined(separator: ", "), lead: "parts that families share: ", on: terminal),
      Paragraph.lines(
        "`vlmtool formats NAME` prints one of them, --resolved with its parts written out. To teach the tool another family, "
          + "print the nearest one (`vlmtool formats clip.transformers --resolved > my.mine.json5`), change its names, and give "
          + "it to any command with --family-file my.mine.json5. `vlmtool formats guide` explains such a file.",
        on: terminal),
    ].joined(separator: "\n")
  }
}
