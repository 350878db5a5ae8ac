import Foundation

/// `hostile [--tool VLMTOOL] SEED COUNT [READER ...]`: tries every reader with COUNT broken inputs.
///
/// Every input gets an answer: no crash, nothing above 2 GB or ten seconds, and through the tool an exit status of 0 or 1 with an
/// `error:` line. What fails is kept under `.build/hostile`, named by reader, seed and number.
@main
struct Hostile {
  static func main() throws {
    var arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.first == "worker" { return try work(arguments) }
    var tool: URL?
    if arguments.first == "--tool", arguments.count > 1 {
      tool = URL(filePath: arguments[1])
      arguments.removeFirst(2)
    }
    guard arguments.count >= 2, let seed = UInt64(arguments[0]), let count = Int(arguments[1]) else {
      say("usage: hostile [--tool VLMTOOL] SEED COUNT [READER ...]")
      exit(64)
    }
    let wanted = arguments.dropFirst(2)
    let readers = HostileReader.all.filter { wanted.isEmpty || wanted.contains($0.name) }
    let scratch = FileManager.default.temporaryDirectory.appending(path: "hostile-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    FileManager.default.createFile(atPath: scratch.appending(path: "worker.err").path, contents: nil)
    var faults: [String] = []
    say("seed \(seed)\nreader           tried  refused  accepted  commands  slowest    peak  faults")
    for reader in readers {
      let tally = try HostileRun(
        reader: reader, seed: seed, count: count, tool: tool, kept: URL(filePath: ".build/hostile"), scratch: scratch
      ).run()
      faults += tally.faults
      say(row(reader.name, tally))
    }
    for fault in faults { say(fault) }
    exit(faults.isEmpty ? 0 : 1)
  }

  /// At once, for whoever waits.
  private static func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }

  private static func row(_ name: String, _ tally: HostileRun.Tally) -> String {
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    return name.padding(toLength: 15, withPad: " ", startingAt: 0)
      + right("\(tally.tried)", 7) + right("\(tally.refused)", 9) + right("\(tally.accepted)", 10)
      + right("\(tally.commands)", 10)
      + right("\(Int(tally.slowest / .milliseconds(1))) ms", 9) + right("\(tally.peak >> 20) MB", 8)
      + right("\(tally.faults.count)", 8)
  }

  private static func work(_ arguments: [String]) throws {
    guard arguments.count == 6, let reader = HostileReader.all.first(where: { $0.name == arguments[1] }),
      let seed = UInt64(arguments[2]), let first = Int(arguments[3]), let count = Int(arguments[4])
    else { exit(64) }
    try HostileWorker(reader: reader, seed: seed, directory: URL(filePath: arguments[5])).run(first..<count)
  }
}
