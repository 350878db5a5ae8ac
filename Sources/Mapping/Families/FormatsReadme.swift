internal import Files

/// The text of `formats/README.md`, made from the files beside it.
enum FormatsReadme {
  /// - Parameters:
  ///   - families: file names and what is in them.
  ///   - parts: what families share.
  ///   - containers: file names in `formats/containers` and their first headings.
  static func text(
    families: [(file: String, family: FamilyFile)], parts: [FamilyPart],
    containers: [(file: String, title: String)]
  ) -> String {
    var text = introduction
    text += "\n## Families\n\n| family | dialect | `config.json` | file |\n|---|---|---|---|\n"
    for (file, family) in families {
      text +=
        "| \(family.title) | \(family.dialect) | \(markers(of: family)) | [\(file)](families/\(file)) |\n"
    }
    text += "\n## Containers\n\n"
    for (file, title) in containers { text += "- [\(title)](containers/\(file))\n" }
    text += "\n## Names\n"
    for part in parts {
      text += "\n### part \(part.name)\n\nIn [\(part.name).json5](parts/\(part.name).json5).\n\n"
      text += uses(part.body.uses.map { ($0.part, $0.prefix) }) + table(part.listing)
    }
    for (file, family) in families {
      text += "\n### \(family.title), \(family.dialect)\n\nIn [\(file)](families/\(file)).\n\n"
      text += uses(family.uses) + table(family.listing.filter { !$0.isShared })
    }
    return text
  }

  /// What in `config.json` means a family: `model_type: clip; architectures.0: CLIPModel`.
  static func markers(of family: FamilyFile) -> String {
    family.configMarkers.map { markers in
      markers.map { marker in
        let values = marker.values.map { $0 == .null ? "none" : $0.stringValue ?? $0.summary }
        return "\(marker.field): " + values.joined(separator: ", ")
      }.joined(separator: "; ")
    }.joined(separator: " or ")
  }

  /// How to write a family file, for those who have the program and not its repository.
  static var guide: String {
    introduction.split(separator: "\n", omittingEmptySubsequences: false).dropFirst(2).joined(separator: "\n")
  }

  private static func uses(_ uses: [(part: String, prefix: String)]) -> String {
    guard !uses.isEmpty else { return "" }
    let lines = uses.map { part, prefix in
      "- [\(part)](#part-\(part))" + (prefix.isEmpty ? "" : ", its names after `\(prefix)`")
    }
    return lines.joined(separator: "\n") + "\n\n"
  }

  private static func table(_ listing: [RuleListing]) -> String {
    guard !listing.isEmpty else { return "" }
    var text = "| in the file | in the runtime | by |\n|---|---|---|\n"
    for rule in listing {
      let steps = rule.transforms.map(\.text).joined(separator: ", ")
      text +=
        rule.isIgnored
        ? "| `\(rule.source)` | ignored | \(rule.target) |\n"
        : "| `\(rule.source)` | `\(rule.target)` | \(steps) |\n"
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

    - `library`: the library whose files it is of, when it is not transformers: a conversion to that library's format
      looks among its dialects. `readOnly: true` for a dialect that is not written.
    - `detect`: values of fields of `config.json` that mean this family (`null`: that it is not there; a list
      of such objects: any of them), and tensors that only this dialect has. Dialects that differ in layout
      alone are told apart by shapes.
    - `imageProcessor`: the class of the image processor where the processor's file names none; `processor`: that of the
      one which joins it and the tokenizer.
    - `parts`: what it shares with other families, files in `parts/`: `use` one, with `prefix` before the names
      of its tensors and `at`, `when` and `type` in place of its own. `without` names rules that do not hold
      here; `as: "fusedVision"` makes its encoder the second. A part may use others. What follows in the file
      adds to its parts, and replaces fields of theirs.
    - `configuration`: where each field of the runtime's `ModelConfiguration` comes from. In a section, `at`
      names the object that `$` stands for, the first that `config.json` has (`""` is the top), and `when`
      leaves the section out. `defaults` are what the official classes have where `config.json` is silent, in
      rows by `type`; `refuse` lists variants that no layer here computes. `"$.a.b"` is a path (`"$.a.0"` into
      a list), `"$root.a"` one from the top, `"$type"` the type, `"@vision.width"` a field of a section before
      (their order: vision, fusedVision, language, projector, contrastive); a list gives alternatives in order,
      the last mostly the default of the official class; an object is one of `product`, `quotient`, `sum`,
      `root` (of a square), `list`, `side` (a number or a list of equal ones), `any`, `equal`, `oneOf`, `if`,
      `block` (from a place among transformers' hidden states), `count` (of a list), `every` (n-th place among so many), `marked`
      (places of a list that are true) and `marks` (the way back), `hasTensor`. `configurationOf` points to
      another file's configuration instead, and to its processors; where that file is of another library, this one's
      checkpoints have that library's `config.json`, tokenizer and processors.
    - `config`: this dialect's `config.json` for a checkpoint that comes from another library:
      `"$.vision.width"` is a field of the configuration, operations are as above. What it says is read back
      and compared before it is used. With `configurationOf` it is what is said beside the other file's.
    - `caveats`: configurations that this library can say and yet computes otherwise, each a `when` over fields
      of the configuration and a `because` that conversions to it print. `refuse`: those that it does not load.
    - `rename`: pairs of a name in the file and the runtime's parameter.
    - `convert`: the same with steps between: `transpose` (axes in their new order), `reshape` (`from` and
      `to`, extents as numbers, fields of the configuration or `*` for the rest), `squeeze` (axes),
      `rotaryHalves` (`axis`, `heads`), `scale` (a power of two), `split`, `concat`, `stack`, `unstack` (an
      axis).
    - `ignore`: tensors that no layer uses, and why. One that merely counts the rows of a parameter, 0, 1, 2,
      …, and that a reader insists on, names it with `numbers` and is written anew; `zeros`, with extents,
      does so with zeros. A name that ends in `.*` stands for everything below it.
    - `base`: where `config.json` merely names the model inside a policy (`named`, a path; `standard`, where it
      is silent), the `config.json` of the models that it can be (`known`, by name). It is put `at` that key,
      unless `config.json` has its own there.

    In a name `{i}` is an index, `{_i}` one as Keras numbers the layers of a class (nothing, `_1`, `_2`, …),
    `{k=projector.deepstackBlocks}` one that is the k-th number of a list of the configuration,
    `{weight,bias}` are alternatives that the two sides choose alike, `[query,key,value]` lists the tensors
    that a step joins or takes apart, and `[e]` lists them by an index; parameters `[e].[gate,up]` take an
    `unstack` and then a `split`. Every rule runs both ways, so one that cannot be undone is refused, and so
    are two that claim the same tensor.

    Coverage is exact: every tensor in a file is claimed by one rule, ignored with a reason, or an error;
    every parameter that the configuration asks for is filled by one rule or an error.

    A new family of known layers is its file, a fixture of its names (`fixtures/oracle/make_names.py`), and a line in
    `Registry.swift` and in the table below, which the command in the first line of this file writes.

    """
}
