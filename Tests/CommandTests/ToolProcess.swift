import Foundation

/// Runs the built `vlmtool` as a user does.
struct ToolProcess {
  let status: Int32
  let output: String
  let errors: String

  /// The binary SwiftPM put beside the test bundle.
  static let executable = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "vlmtool")

  static func run(_ arguments: String..., environment: [String: String] = [:]) throws -> ToolProcess {
    try run(arguments, environment: environment)
  }

  static func run(_ arguments: [String], environment: [String: String] = [:]) throws -> ToolProcess {
    try run(executable.path, arguments, environment: environment)
  }

  static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> ToolProcess {
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    process.standardInput = FileHandle.nullDevice
    let output = Pipe()
    // Errors go to a file: two pipes read one after the other can block the child.
    let errors = FileManager.default.temporaryDirectory.appending(path: "vlmtool-stderr-\(UUID().uuidString)")
    try Data().write(to: errors)
    defer { try? FileManager.default.removeItem(at: errors) }
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: errors)
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return ToolProcess(
      status: process.terminationReason == .uncaughtSignal
        ? -process.terminationStatus : process.terminationStatus,
      output: String(decoding: text, as: UTF8.self),
      errors: try String(contentsOf: errors, encoding: .utf8))
  }
}
