import Reports
import Testing

@Suite struct TextTableTests {
  static func table() -> TextTable {
    var table = TextTable([.name("tensor"), .number("bytes"), .text("dtype")])
    table.append(["vision.blocks.0.attention.query.weight", "1.18 MB", "BF16"])
    table.append(["特徴.blocks.重み", "36 B", "F32"])
    table.appendRule()
    table.append(["all", "1.18 MB", ""])
    return table
  }

  @Test func alignsAndLeavesNoTrailingSpace() {
    #expect(
      Self.table().render(on: .plain) == """
        tensor                                    bytes  dtype
        ──────────────────────────────────────────────────────
        vision.blocks.0.attention.query.weight  1.18 MB  BF16
        特徴.blocks.重み                           36 B  F32
        ──────────────────────────────────────────────────────
        all                                     1.18 MB

        """)
  }

  @Test func namesLoseTheirMiddleFirst() {
    let lines = Self.table().render(on: Terminal(width: 40)).split(separator: "\n")
    #expect(lines[2] == "vision.bloc…query.weight  1.18 MB  BF16")
    for line in lines { #expect(line.columns <= 40) }
  }

  @Test func stacksWhereColumnsDoNotFit() {
    #expect(
      Self.table().render(on: Terminal(width: 20)) == """
        tensor  vision.blocks.0.attention.query.weight
        bytes   1.18 MB
        dtype   BF16

        tensor  特徴.blocks.重み
        bytes   36 B
        dtype   F32

        tensor  all
        bytes   1.18 MB

        """)
  }

  /// Long values of blocks are broken between words.
  @Test func noLineOfABlockIsWiderThanTheTerminal() {
    var table = TextTable([.text("recorded"), .text("their names")])
    table.append(["actions", "dx, dy, dz, drx, dry, drz, gripper, and so on"])
    #expect(
      table.render(on: Terminal(width: 36)) == """
        recorded     actions
        their names  dx, dy, dz, drx, dry,
                     drz, gripper, and so on

        """)
  }

  @Test func plainASCIIWhereTheLocaleHasNoMore() {
    let text = Self.table().render(on: Terminal(width: 40, unicode: false))
    #expect(text.contains("...") && text.contains("-----") && !text.contains("─"))
  }

  @Test func controlCharactersAreShownNotSent() {
    var table = TextTable([.name("name")])
    table.append([TextTable.Cell("a\u{1B}[2Jb\u{202E}c\nd")])
    #expect(table.render(on: .plain).contains("a\\u{1B}[2Jb\\u{202E}c\\u{A}d"))
  }

  @Test func sectionsStandOnTheirOwnLine() {
    var table = TextTable([.text("a"), .number("b")])
    table.appendSection("group")
    table.append(["x", "1"])
    #expect(table.render(on: .plain) == "a  b\n────\ngroup\nx  1\n")
  }
}
