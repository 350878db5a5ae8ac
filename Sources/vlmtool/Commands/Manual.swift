import ArgumentParser
import Reports

struct Manual: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "manual",
    abstract: "Print the manual page, for man; `./dev install` puts it into its place.",
    discussion: """
      EXAMPLES
        vlmtool manual > vlmtool.1
      """)

  func run() throws { try StandardStreams.print(ManualPage.text(.whole(), version: VLMTool.version)) }
}
