import ArgumentParser

@main
struct VLMTool: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vlmtool",
    abstract: "Find out which part of a vision-language model holds a robot policy back.",
    version: "0.1.0")
}
