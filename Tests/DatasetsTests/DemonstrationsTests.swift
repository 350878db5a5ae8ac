import Datasets
import Foundation
import Images
import Tensors
import TestSupport
import Testing

@Suite struct DemonstrationsTests {
  static func open(_ file: MemoryArrayFile, _ options: DemonstrationOptions = .init()) throws
    -> Demonstrations
  {
    try Demonstrations(HDF5Demonstrations([file], path: file.path), options: options)
  }

  /// fixtures/oracle/make_demos.py records these.
  @Suite struct Files {
    @Test func readsAFolderInLiberosLayout() throws {
      let demonstrations = try Demonstrations.open(Fixture.url("demonstrations").path)
      #expect(demonstrations.episodes.count == 60)
      #expect(demonstrations.tasks.count == 10)
      #expect(demonstrations.tasks.contains("open the green drawer"))
      #expect(demonstrations.rowLag.rows == 1)
      #expect(demonstrations.camera == Chosen("agentview_rgb", "the only frames there are"))
      #expect(demonstrations.orientation.value == .asStored && !demonstrations.orientationIsAssumed)
      #expect(demonstrations.frameSelection == "every row, thinned evenly to 13 of an episode")
      #expect(demonstrations.instructionSources == ["problem_info of /data"])
      #expect(demonstrations.leftOut.isEmpty)
      #expect(demonstrations.imageHeight == 112 && demonstrations.imageWidth == 112)
      // 800 frames by default, shared out evenly: 13 an episode.
      #expect(demonstrations.frameCount == 780)
      let position = try demonstrations.endEffectorPosition()
      #expect(position.columns == ["x", "y", "z"] && position.frameCount == 780)
      #expect(try demonstrations.endEffectorRotation().columns.count == 6)
      let images = try demonstrations.images(of: demonstrations.episodes[3])
      #expect(images.count == 13 && images[0].width == 112)
      #expect(try demonstrations.oracleState()!.frameCount == 780)
    }

    @Test(arguments: [("libero_upside_down", 1), ("libero_regenerated", 0), ("robomimic", 0)])
    func tellsTheRowLag(name: String, lag: Int) throws {
      let demonstrations = try Demonstrations.open(Fixture.url("datasets/\(name).hdf5").path)
      #expect(demonstrations.rowLag.rows == lag, "\(demonstrations.rowLag.evidence)")
      #expect(try demonstrations.endEffectorPosition().columns.count == 3)
      #expect(try demonstrations.gripper().columns.count == 2)
    }

    /// The same episodes, recorded after and before the action, must give the same frames with the same state.
    @Test func lagsBringTheSameRowsTogether() throws {
      // The file that h5py wrote says itself that it is upside down.
      let all = DemonstrationOptions(framesPerEpisode: 1000)
      let after = try Demonstrations.open(
        Fixture.url("datasets/libero_upside_down.hdf5").path, options: all)
      #expect(after.orientation.value == .upsideDown)
      let before = try Demonstrations.open(Fixture.url("datasets/libero_regenerated.hdf5").path, options: all)
      // Row i after the action is row i + 1 before the next one.
      let late = after.episodes[0]
      let early = before.episodes[0]
      #expect(late.rows.count == late.length - 1 && early.rows.count == early.length)
      #expect(
        try after.images(of: late)[0].pixels == before.images(of: early)[1].pixels)
      let width = 7
      let lateActions = try after.nextAction().values.prefix(width)
      let earlyActions = try before.nextAction().values[width..<2 * width]
      #expect(Array(lateActions) == Array(earlyActions))
    }

    @Test func masksAndSortsByNumber() throws {
      let path = Fixture.url("datasets/robomimic.hdf5").path
      let groups = try Demonstrations.open(path).episodes.map(\.place)
      #expect(groups == ["/data/demo_0", "/data/demo_1", "/data/demo_2", "/data/demo_10"])
      let valid = try Demonstrations.open(path, options: DemonstrationOptions(mask: "valid"))
      #expect(valid.episodes.map(\.place) == ["/data/demo_10"])
      #expect(throws: VLMError.self) {
        try Demonstrations.open(path, options: DemonstrationOptions(mask: "test"))
      }
    }

    @Test func saysWhatIsMissing() {
      #expect { try Demonstrations.open("/nowhere/at/all") } throws: {
        ($0 as? VLMError)?.code == .datasetNotFound
      }
      #expect {
        try Demonstrations.open(Fixture.url("oracle").path)
      } throws: { ($0 as? VLMError)?.code == .datasetNotFound }
    }
  }

  @Suite struct Rows {
    @Test(arguments: [0, 1])
    func statesAndActionsFollowTheLag(lag: Int) throws {
      let demonstrations = try DemonstrationsTests.open(MemoryArrayFile(lengths: [12, 9], lag: lag))
      #expect(demonstrations.rowLag.rows == lag, "\(demonstrations.rowLag.evidence)")
      #expect(demonstrations.episodes.map(\.rows.count) == [12 - lag, 9 - lag])
      #expect(try demonstrations.nextAction().values[0] == Double(lag))
      #expect(try demonstrations.previousAction().values[0] == 0)
      #expect(try demonstrations.previousAction().values[7] == Double(lag))
      // The states' first column is the time and is left out; joints of image and state agree.
      let state = try demonstrations.oracleState()!
      let joints = try demonstrations.observation("joint_states").values
      let width = state.columns.count
      for (frame, joint) in joints.enumerated() { #expect(state.values[frame * width] == joint) }
    }

    @Test(arguments: [
      (10, 1, 4, [0, 3, 6, 9]), (10, 3, nil, [0, 3, 6, 9]), (5, 1, 9, [0, 1, 2, 3, 4]), (7, 1, 1, [3]),
    ])
    func areSpreadEvenly(available: Int, stride: Int, limit: Int?, expected: [Int]) {
      #expect(FrameSelection.rows(available: available, stride: stride, limit: limit) == expected)
    }

    @Test func limitsEpisodesOfATask() throws {
      let options = DemonstrationOptions(episodesPerTask: 2)
      let demonstrations = try DemonstrationsTests.open(MemoryArrayFile(lengths: [5, 6, 7], lag: 1), options)
      #expect(demonstrations.episodes.map(\.length) == [5, 6])
    }
  }

  @Suite struct Defects {
    @Test func framesAndActionsOfDifferentLength() {
      var file = MemoryArrayFile(lengths: [8, 8], lag: 1)
      file.arrays["/data/demo_1/actions"] = ([6, 7], [Double](repeating: 0, count: 42))
      expect(file, .datasetLength, tensor: "/data/demo_1/obs/agentview_rgb") { _ in }
    }

    @Test func aTargetOfAnotherLength() {
      var file = MemoryArrayFile(lengths: [8, 8], lag: 1)
      file.arrays["/data/demo_1/obs/gripper_states"] = ([7, 2], [Double](repeating: 0, count: 14))
      expect(file, .datasetLength, tensor: "/data/demo_1/obs/gripper_states") { _ = try $0.gripper() }
    }

    @Test func notANumber() {
      var file = MemoryArrayFile(lengths: [8, 8], lag: 1)
      file.arrays["/data/demo_1/obs/ee_pos"]!.values[10] = .nan
      expect(file, .datasetNotFinite, tensor: "/data/demo_1/obs/ee_pos") {
        _ = try $0.endEffectorPosition()
      }
    }

    @Test func aDemonstrationOfNoRows() {
      var file = MemoryArrayFile(lengths: [8, 8], lag: 1)
      file.arrays["/data/demo_1/actions"] = ([0, 7], [])
      expect(file, .datasetEmpty, tensor: "/data/demo_1") { _ in }
    }

    @Test func noFrames() {
      var file = MemoryArrayFile(lengths: [8], lag: 1)
      file.byteArrays = [:]
      expect(file, .datasetKeyMissing, tensor: "/data/demo_0/obs") { _ in }
    }

    @Test func aKeyThatIsNotThere() throws {
      let demonstrations = try DemonstrationsTests.open(MemoryArrayFile(lengths: [8], lag: 1))
      let error = #expect(throws: VLMError.self) { try demonstrations.observation("cube_pos") }
      #expect(error?.remedy?.contains("ee_pos") == true)
    }

    private func expect(
      _ file: MemoryArrayFile, _ code: VLMError.Code, tensor: String, _ use: (Demonstrations) throws -> Void
    ) {
      let error = #expect(throws: VLMError.self) { try use(try DemonstrationsTests.open(file)) }
      #expect(error?.code == code)
      #expect(error?.tensor == tensor)
      #expect(error?.file == file.path)
    }
  }
}
