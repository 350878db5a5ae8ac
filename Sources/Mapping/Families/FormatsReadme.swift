/// The text of `formats/README.md`, made from the files beside it.
enum FormatsReadme {
  /// - Parameters:
  ///   - families: file names and what is in them.
  ///   - containers: file names in `formats/containers` and their first headings.
  static func text(
    families: [(file: String, family: FamilyFile)], containers: [(file: String, title: String)]
  ) -> String {
    var text = introduction
    text += "\n## Families\n\n| family | dialect | `config.json` | file |\n|---|---|---|---|\n"
    for (file, family) in families {
      let config = family.configMarkers.map { marker in
        "\(marker.field): " + marker.values.map { $0.stringValue ?? $0.summary }.joined(separator: ", ")
      }.joined(separator: "; ")
      text += "| \(family.title) | \(family.dialect) | \(config) | [\(file)](families/\(file)) |\n"
    }
    text += "\n## Containers\n\n"
    for (file, title) in containers { text += "- [\(title)](containers/\(file))\n" }
    text += "\n## Names\n"
    for (file, family) in families {
      text += "\n### \(family.title), \(family.dialect)\n\nFrom [\(file)](families/\(file)).\n\n"
      text += "| in the file | in the runtime | by |\n|---|---|---|\n"
      for rule in family.listing where !rule.isIgnored {
        let steps = rule.transforms.isEmpty ? "" : rule.transforms.map(\.text).joined(separator: ", ")
        text += "| `\(rule.source)` | `\(rule.target)` | \(steps) |\n"
      }
      for rule in family.listing where rule.isIgnored {
        text += "| `\(rule.source)` | ignored | \(rule.target) |\n"
      }
    }
    return text
  }

  private static let introduction = """
    <!-- Made from the files here; mend it with: VLMTOOL_UPDATE=1 swift test --filter FormatsTests -->

    # Formats

    What vlmtool knows of checkpoints, as documentation and program at once: a family file here is compiled
    into the binary, and `--family-file PATH` adds one at run time.

    ## A family file

    One family in one naming dialect, JSON5, `families/<family>.<dialect>.json5`:

    - `detect`: values of fields of `config.json` that mean this family, and tensors that only this dialect
      has.
    - `configuration`: where each field of the runtime's `ModelConfiguration` comes from. In a section, `at`
      names the object that `$` stands for, the first that `config.json` has (`""` is the top), and `when`
      leaves the section out. `"$.a.b"` is a path (`"$.a.0"` into a list) and `"$root.a"` one from the top; a
      list gives alternatives in order, the last mostly the default of the official class; an object is one of
      `product`, `quotient`, `sum`, `list`, `side` (a number or a list of equal ones), `any`, `equal`, `if`,
      `hasTensor`. `configurationOf` points to another file's instead.
    - `rename`: pairs of a name in the file and the runtime's parameter.
    - `convert`: the same with steps between: `transpose` (axes in their new order), `reshape` (`from` and
      `to`, extents as numbers, fields of the configuration or `*` for the rest), `squeeze` (axes),
      `rotaryHalves` (`axis`, `heads`), `scale` (a power of two), `split`, `concat`, `stack`, `unstack` (an
      axis).
    - `ignore`: tensors that no layer uses, and why. One that merely counts the rows of a parameter, 0, 1, 2,
      …, and that a reader insists on, names it with `numbers` and is written anew.

    In a name `{i}` is an index, `{_i}` one as Keras numbers the layers of a class (nothing, `_1`, `_2`, …),
    `{weight,bias}` are alternatives that the two sides choose alike,
    `[query,key,value]` lists the tensors that a step joins or takes apart, and `[e]` lists them by an
    index. Every rule runs both ways, so one that cannot be undone is refused, and so are two that claim the
    same tensor.

    Coverage is exact: every tensor in a file is claimed by one rule, ignored with a reason, or an error;
    every parameter that the configuration asks for is filled by one rule or an error.

    A new family is its file, a fixture of its names (`fixtures/oracle/make_names.py`), and a line in
    `Registry.swift` and in the table below, which the command in the first line of this file writes.

    """
}
