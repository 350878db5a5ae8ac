import Tensors

/// The manual page of all commands, in the language of man(7).
struct ManualPage {
  private var lines: [String] = []

  /// - Parameter tree: the whole tool.
  static func text(_ tree: CommandTree, version: String) -> String {
    var page = ManualPage()
    page.lines.append(".TH VLMTOOL 1 \"\" \"vlmtool \(version)\" \"User Commands\"")
    page.section("NAME")
    page.paragraph("vlmtool - " + (tree.abstract ?? "").lowercasedFirst.droppingFullStop)
    page.section("SYNOPSIS")
    page.lines += [".B vlmtool", "COMMAND [ARGUMENT ...]"]
    page.section("DESCRIPTION")
    page.discussion(tree.discussion ?? "")
    page.section("COMMANDS")
    for (words, command) in tree.leaves() { page.command(words, command) }
    page.section("EXIT STATUS")
    for (status, meaning) in [
      ("0", "Done."),
      (
        "1",
        "Something failed, and a line on standard error says what; or values differ with diff --exit-code, or diff --expect finds another stage."
      ),
      ("64", "Wrong usage."), ("130, 143", "Interrupted by Ctrl-C or SIGTERM; a line says what is kept."),
    ] { page.item(status, meaning) }
    page.section("ENVIRONMENT")
    for (name, meaning) in environment { page.item(name, meaning) }
    page.section("FILES")
    page.item(
      "~/.cache/vlmtool/features",
      "Activations that probes keep; see vlmtool cache. XDG_CACHE_HOME, where it is set, takes the place of ~/.cache."
    )
    return page.lines.joined(separator: "\n") + "\n"
  }

  static let environment = [
    ("VLMTOOL_CACHE_LIMIT", "What the user's cache of activations may take, such as 50GB (default: 20GB)."),
    (
      "VLMTOOL_ISA",
      "Kernels to use instead of the best that the machine has: scalar, avx2, avx512vnni or neon."
    ),
    (
      "OPENBLAS_CORETYPE",
      "Kernels of OpenBLAS; by default vlmtool puts its choice right on AVX-512 machines."
    ),
    (
      "HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME",
      "Where the local hub cache is, for hf:// names; looked at in this order."
    ),
    ("HF_ENDPOINT", "A mirror of the hub (default: https://huggingface.co)."),
    (
      "HF_TOKEN, HF_TOKEN_PATH",
      "A token for the hub, or the file with one (default: HF_HOME/token, as `hf auth login` leaves it)."
    ),
    ("HF_HUB_OFFLINE", "1: nothing is downloaded."),
    ("HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "The way to the hub, as curl takes it."),
    ("NO_COLOR, TERM, COLUMNS, LC_ALL, LC_CTYPE, LANG", "Colour, width and characters of what is printed."),
  ]

  private mutating func command(_ words: [String], _ command: CommandTree) {
    let arguments = (command.arguments ?? []).filter(\.shouldDisplay)
    let positional = arguments.filter { $0.kind == .positional }.map { "<\($0.valueName ?? "value")>" }
    let required = arguments.filter { $0.kind == .option && !$0.isOptional }.map {
      "\($0.spelled) <\($0.valueName ?? "value")>"
    }
    lines.append(
      ".SS " + Self.escaped((words + positional + required + ["[options]"]).joined(separator: " ")))
    paragraph(command.abstract ?? "")
    discussion(command.discussion ?? "")
    for argument in arguments {
      var text = argument.abstract ?? ""
      let remarks = [
        (argument.allValues ?? []).isEmpty ? nil : "values: \(argument.allValues!.joined(separator: ", "))",
        argument.defaultValue.map { "default: \($0)" }, argument.isRepeating ? "may be repeated" : nil,
      ].compactMap(\.self)
      if !remarks.isEmpty { text += " (\(remarks.joined(separator: "; ")))" }
      let value = argument.valueName.map { "<\($0)>" } ?? ""
      switch argument.kind {
      case .positional: item(value, text)
      case .flag: item(argument.allNames, text)
      case .option: item("\(argument.allNames) \(value)", text)
      }
    }
  }

  /// Paragraphs, and lines that stand as they are: those that are indented, and headings of them.
  private mutating func discussion(_ text: String) {
    for block in text.split(separator: "\n\n") {
      let rows = block.split(separator: "\n").map(String.init)
      if let heading = rows.first, heading == heading.uppercased(), rows.count > 1 {
        lines += [".PP", ".B " + Self.escaped(heading), ".PP", ".nf"]
        lines += rows.dropFirst().map(Self.escaped) + [".fi"]
      } else {
        paragraph(rows.joined(separator: " "))
      }
    }
  }

  private mutating func section(_ title: String) { lines.append(".SH \(title)") }

  private mutating func paragraph(_ text: String) {
    if !text.isEmpty { lines += [".PP", Self.escaped(text)] }
  }

  private mutating func item(_ label: String, _ text: String) {
    lines += [".TP", ".B " + Self.escaped(label), Self.escaped(text)]
  }

  /// Nothing of `text` is taken for a request, and hyphens can be copied.
  private static func escaped(_ text: String) -> String {
    let plain = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
  }
}

extension CommandTree.Argument {
  fileprivate var spelled: String { (names ?? []).last?.text ?? "" }
  fileprivate var allNames: String { (names ?? []).map(\.text).joined(separator: ", ") }
}

extension String {
  fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
  fileprivate var droppingFullStop: String { hasSuffix(".") ? String(dropLast()) : self }
}
