import Datasets
import Tensors
import Testing

@Suite struct DemonstrationSelectionTests {
  /// Three demonstrations; `missing` is taken out of the second.
  private static func file(without missing: String) -> MemoryArrayFile {
    var file = MemoryArrayFile(lengths: [6, 7, 8], lag: 0)
    file.arrays["/data/demo_1/\(missing)"] = nil
    return file
  }

  @Test(arguments: [("actions", "actions"), ("states", "states, which others have")])
  func oneThatLacksSomethingIsLeftOutAndNamed(missing: String, lacks: String) throws {
    let file = Self.file(without: missing)
    let demonstrations = try DemonstrationsTests.open(file)
    #expect(demonstrations.episodes.map(\.place) == ["/data/demo_0", "/data/demo_2"])
    #expect(demonstrations.leftOut.map(\.place) == ["/data/demo_1"])
    #expect(demonstrations.leftOut.map(\.lacks) == [lacks])
    #expect(demonstrations.leftOut.map(\.file) == [file.path])
  }

  @Test func withoutAnyStatesAllAreTaken() throws {
    var file = MemoryArrayFile(lengths: [6, 7], lag: 0)
    for number in 0...1 { file.arrays["/data/demo_\(number)/states"] = nil }
    let demonstrations = try DemonstrationsTests.open(file)
    #expect(demonstrations.episodes.count == 2 && demonstrations.leftOut.isEmpty)
    #expect(try demonstrations.oracleState() == nil)
  }

  @Test(arguments: ["demo_1", "KITCHEN_SCENE3_turn_on_the_stove_demo.hdf5:demo_1"])
  func whatIsExcludedIsNotTaken(name: String) throws {
    let options = DemonstrationOptions(excluded: [name])
    let demonstrations = try DemonstrationsTests.open(MemoryArrayFile(lengths: [6, 7, 8], lag: 0), options)
    #expect(demonstrations.episodes.map(\.length) == [6, 8])
    // It was asked for.
    #expect(demonstrations.leftOut.isEmpty)
  }

  @Test(arguments: ["demo_9", "other.hdf5:demo_1"])
  func anExclusionOfNothingIsRefused(name: String) throws {
    let error = #expect(throws: VLMError.self) {
      try DemonstrationsTests.open(
        MemoryArrayFile(lengths: [6, 7], lag: 0), DemonstrationOptions(excluded: [name]))
    }
    #expect(error?.code == .datasetMask)
    #expect(error?.message == "there is no demonstration \(name) to exclude")
  }

  /// A demonstration that cannot be read at all can be left out as well.
  @Test func anExclusionComesBeforeReading() throws {
    var file = MemoryArrayFile(lengths: [6, 7], lag: 0)
    file.arrays["/data/demo_1/actions"] = ([0, 7], [])
    #expect(throws: VLMError.self) { try DemonstrationsTests.open(file) }
    let demonstrations = try DemonstrationsTests.open(file, DemonstrationOptions(excluded: ["demo_1"]))
    #expect(demonstrations.episodes.count == 1)
  }

  @Test(arguments: [0, 1])
  func aLagAgainstTheDataIsSaid(lag: Int) throws {
    let file = MemoryArrayFile(lengths: [12, 9], lag: lag)
    let same = try DemonstrationsTests.open(file, DemonstrationOptions(rowLag: lag)).rowLag
    #expect(same.evidence == "set by --lag")
    let other = try DemonstrationsTests.open(file, DemonstrationOptions(rowLag: 1 - lag)).rowLag
    #expect(other.rows == 1 - lag)
    #expect(other.evidence.hasPrefix("set by --lag, although joint_states"), "\(other.evidence)")
  }
}
