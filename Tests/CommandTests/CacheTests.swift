import Foundation
import TestSupport
import Testing

@Suite struct CacheTests {
  /// A small probe, its note, and what the commands make of what it kept.
  @Test func listsPrunesAndClears() throws {
    try Fixture.withTemporaryDirectory { directory in
      let home = ["XDG_CACHE_HOME": directory.path]
      func run(_ arguments: String...) throws -> ToolProcess {
        let run = try ToolProcess.run(arguments, environment: home)
        #expect(run.status == 0, "\(arguments): \(run.errors)")
        return run
      }
      let place = directory.path + "/vlmtool/features"
      #expect(try run("cache").output == "0 B of at most 20.0 GB in \(place)\n")

      let probe = try run(
        "probe", "encoder", Fixture.url("tabletop-vlm").path, "--data", Fixture.url("demonstrations").path,
        "--frames", "240", "--permutations", "100", "--folds", "3", "--target", "gripper"
      )
      #expect(probe.errors.contains("note: this probe's activations take "), "\(probe.errors)")
      #expect(probe.errors.contains("in \(place) ("))

      let notes = place + "/notes.txt"
      try "mine".write(toFile: notes, atomically: true, encoding: .utf8)
      let list = try run("cache").output
      #expect(list.contains("tabletop-vlm, 240 frames of demonstrations"), "\(list)")
      #expect(list.contains("random weights like tabletop-vlm"), "\(list)")
      #expect(list.contains("Not this tool's, and let alone: notes.txt."), "\(list)")
      let json = try JSONSerialization.jsonObject(with: Data(run("cache", "list", "--json").output.utf8))
      let entries = try #require((json as? [String: Any])?["entries"] as? [[String: Any]])
      // Of each encoder, 128 frames and the other 112.
      #expect(entries.count == 4)

      #expect(try run("cache", "prune", "--limit", "1TB").output.contains("Removed") == false)
      let least = try #require(entries.last?["bytes"] as? Int)
      let pruned = try run("cache", "prune", "--limit", "\(least)")
      #expect(pruned.output.contains("Removed 3 files"), "\(pruned.output)")
      #expect(try run("cache", "clear").output.contains("Removed 1 file"))
      #expect(try FileManager.default.contentsOfDirectory(atPath: place) == ["notes.txt"])
    }
  }

  @Test func aLimitThatIsNoneIsSaid() throws {
    let run = try ToolProcess.run(["cache"], environment: ["VLMTOOL_CACHE_LIMIT": "lots"])
    #expect(run.status == 1)
    #expect(run.errors.contains("VLMTOOL_CACHE_LIMIT=lots is no size"), "\(run.errors)")
  }
}
