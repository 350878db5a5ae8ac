import Datasets
import Tensors
import Testing

@Suite struct CameraTests {
  /// A demonstration with frames of these cameras.
  private static func file(_ cameras: [String]) -> MemoryArrayFile {
    var file = MemoryArrayFile(lengths: [8, 8], lag: 0)
    for group in ["/data/demo_0", "/data/demo_1"] {
      let frames = file.byteArrays.removeValue(forKey: "\(group)/obs/agentview_rgb")
      for camera in cameras { file.byteArrays["\(group)/obs/\(camera)"] = frames }
    }
    return file
  }

  @Test(arguments: [
    (["side"], "side", "the only frames there are"),
    (
      ["agentview_rgb", "a_wrist", "eye_in_hand_rgb"], "agentview_rgb",
      "the workspace camera by its name; there are also a_wrist, eye_in_hand_rgb"
    ),
    (
      ["robot0_eye_in_hand_image", "agentview_image"], "agentview_image",
      "the workspace camera by its name; there are also robot0_eye_in_hand_image"
    ),
  ])
  func isTheOnlyOneOrTheWorkspaces(cameras: [String], expected: String, evidence: String) throws {
    let demonstrations = try DemonstrationsTests.open(Self.file(cameras))
    #expect(demonstrations.camera == Chosen(expected, evidence))
    #expect(demonstrations.otherCameras == cameras.filter { $0 != expected }.sorted())
  }

  /// The first by alphabet is as often as not the wrist's.
  @Test(arguments: [
    ["cam_left", "cam_right", "front_rgb"], ["robot0_agentview_left_image", "robot0_agentview_right_image"],
  ])
  func severalWithoutAKnownNameAreRefused(cameras: [String]) throws {
    let error = #expect(throws: VLMError.self) { try DemonstrationsTests.open(Self.file(cameras)) }
    #expect(error?.code == .datasetKeyMissing)
    #expect(error?.remedy == "choose one with --camera: \(cameras.joined(separator: ", "))")
  }

  @Test(arguments: ["cam_right", "obs/cam_right"])
  func isTheOneNamed(name: String) throws {
    let demonstrations = try DemonstrationsTests.open(
      Self.file(["cam_left", "cam_right"]), DemonstrationOptions(camera: name))
    #expect(demonstrations.camera == Chosen("cam_right", "named by --camera"))
    #expect(demonstrations.otherCameras == ["cam_left"])
  }

  @Test func aNameThatIsNotThereIsRefused() throws {
    let error = #expect(throws: VLMError.self) {
      try DemonstrationsTests.open(Self.file(["cam_left", "cam_right"]), DemonstrationOptions(camera: "cam"))
    }
    #expect(error?.remedy == "frames in it: cam_left, cam_right")
  }
}
