import Foundation
import Tensors
import TestSupport

/// Kills a command at random moments and runs it again: the output must be that of an undisturbed run, and nothing else stay.
struct KillTrials {
  let tool: URL
  let seed: UInt64
  let count: Int
  let scratch: URL

  /// What is run; `@` stands for a fresh folder.
  private struct Command {
    let name: String
    let arguments: [String]
    /// Output that is text with times in it is compared without them.
    let isJSON: Bool
  }

  struct Tally {
    let name: String
    var killed = 0
    var faults: [String] = []
    var duration = Duration.zero
  }

  func run() throws -> [Tally] {
    let large = scratch.appending(path: "large")
    try LargeCheckpoint.write(to: large)
    let probe = [
      "probe", "encoder", Fixture.url("tabletop-vlm").path, "--data", Fixture.url("demonstrations").path, "--frames",
      "240", "--permutations", "100", "--cache", "@/cache", "--export", "@/features.h5", "--json",
    ]
    return try [
      Command(name: "convert", arguments: ["convert", large.path, "-o", "@/output", "--max-shard-size", "0.05"], isJSON: false),
      Command(name: "quantize", arguments: ["quantize", large.path, "-o", "@/output", "--max-shard-size", "0.05"], isJSON: false),
      Command(name: "probe", arguments: probe, isJSON: true),
    ].map(trials)
  }

  private func trials(_ command: Command) throws -> Tally {
    var tally = Tally(name: command.name)
    let expected = scratch.appending(path: "expected")
    let start = ContinuousClock.now
    guard try execute(command, in: expected, killedAfter: nil) == .exit(0) else {
      tally.faults.append("an undisturbed run fails: \(errors)")
      return tally
    }
    tally.duration = ContinuousClock.now - start
    var random = SeededGenerator(seed: seed, purpose: command.name)
    var attempts = 0
    while tally.killed < count {
      attempts += 1
      guard attempts <= 5 * count else {
        tally.faults.append("only \(tally.killed) of \(count) runs could be killed in \(attempts - 1) attempts")
        break
      }
      let place = scratch.appending(path: "trial")
      let moment = tally.duration * random.uniform()
      let start = ContinuousClock.now
      if try execute(command, in: place, killedAfter: moment) == .signal(SIGKILL) {
        tally.killed += 1
        // An output that stands was finished, and a second run would rightly refuse to write over it.
        let isFinished = FileManager.default.fileExists(atPath: place.appending(path: "output").path)
        let second = isFinished ? .exit(0) : try execute(command, in: place, killedAfter: nil, keeping: true)
        if second != .exit(0) { tally.faults.append("attempt \(attempts), killed after \(moment): \(second) \(errors)") }
      } else {
        // It was over before the moment came: from now on the moments lie within this shorter time.
        tally.duration = min(tally.duration, ContinuousClock.now - start)
      }
      if let difference = try difference(expected, place, isJSON: command.isJSON) {
        tally.faults.append("attempt \(attempts), killed after \(moment): \(difference)")
      }
    }
    for place in ["expected", "trial"] { try FileManager.default.removeItem(at: scratch.appending(path: place)) }
    return tally
  }

  private var errors: String {
    (try? String(contentsOf: scratch.appending(path: "errors"), encoding: .utf8)) ?? ""
  }

  private func execute(
    _ command: Command, in place: URL, killedAfter moment: Duration?, keeping: Bool = false
  ) throws -> WatchedProcess.End {
    let files = FileManager.default
    if !keeping {
      try? files.removeItem(at: place)
      try files.createDirectory(at: place, withIntermediateDirectories: true)
    }
    let output = place.appending(path: "stdout")
    for file in [output, scratch.appending(path: "errors")] { try Data().write(to: file) }
    var process = try WatchedProcess(
      tool, command.arguments.map { $0.replacing("@", with: place.path) } + ["--quiet"],
      output: FileHandle(forWritingTo: output), errors: FileHandle(forWritingTo: scratch.appending(path: "errors")))
    if let moment {
      let id = process.process.processIdentifier
      Thread.sleep(forTimeInterval: moment / .seconds(1))
      kill(id, SIGKILL)
    }
    return process.wait { .now + .seconds(600) }
  }

  /// The first file that one of the two folders lacks, or that differs.
  private func difference(_ one: URL, _ other: URL, isJSON: Bool) throws -> String? {
    let names = try [one, other].map { try FileManager.default.subpathsOfDirectory(atPath: $0.path).sorted() }
    if names[0] != names[1] { return "there is \(names[1]), not \(names[0])" }
    for name in names[0] {
      let paths = [one, other].map { $0.appending(path: name).path }
      if name == "stdout" {
        guard isJSON else { continue }
        let texts = try paths.map { try result($0) }
        // What was read from the cache, and how long it took, may differ.
        if texts[0] != texts[1] { return "the result is another" }
      } else if !FileManager.default.contentsEqual(atPath: paths[0], andPath: paths[1]) {
        return "\(name) differs"
      }
    }
    return nil
  }

  /// The figures of a probe, without places and times.
  private func result(_ path: String) throws -> Data {
    let value = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path)))
    guard let object = value as? [String: Any] else { return Data() }
    return try JSONSerialization.data(
      withJSONObject: object.filter { ["targets", "stages", "scores", "references", "contrasts", "overall"].contains($0.key) },
      options: .sortedKeys)
  }
}
