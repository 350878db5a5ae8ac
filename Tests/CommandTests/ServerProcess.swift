import Foundation
import Testing

/// `vlmtool policy serve` or `vlmtool serve` as a user runs it, on a free port.
final class ServerProcess {
  private let process = Process()
  /// What it printed once it listened.
  let about: [String: Any]
  let port: Int

  private init(_ arguments: [String]) throws {
    process.executableURL = ToolProcess.executable
    process.arguments = arguments + ["--port", "0", "--json"]
    process.standardInput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    var text = Data()
    while !text.suffix(3).elementsEqual("\n}\n".utf8) {
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { break }
      text += more
    }
    about = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
    port = try #require(about["port"] as? Int)
  }

  /// Runs it while `body` runs, then ends it as `kill` does.
  static func run(_ arguments: [String], _ body: (ServerProcess) throws -> Void) throws {
    let server = try ServerProcess(arguments)
    defer {
      server.process.terminate()
      server.process.waitUntilExit()
      #expect(server.process.terminationReason == .exit && server.process.terminationStatus == 0)
    }
    try body(server)
  }
}
