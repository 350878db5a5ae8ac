import Datasets
import Images
import Tensors
import Testing

@Suite struct RecordedOrientationTests {
  private static func open(_ files: [MemoryArrayFile], _ options: DemonstrationOptions = .init()) throws
    -> Demonstrations
  {
    try Demonstrations(HDF5Demonstrations(files, path: files[0].path), options: options)
  }

  private static func file(_ attributes: [String: String], path: String = "/memory/a_demo.hdf5")
    -> MemoryArrayFile
  {
    var file = MemoryArrayFile(lengths: [8], lag: 0)
    file.path = path
    for (name, value) in attributes { file.attributes["/data@\(name)"] = value }
    return file
  }

  @Test(arguments: [
    (
      ["macros_image_convention": "opengl"], ImageOrientation.upsideDown,
      "macros_image_convention of /data is opengl, robosuite's word for bottom row first"
    ),
    (
      ["macros_image_convention": "opencv"], .asStored,
      "macros_image_convention of /data is opencv, robosuite's word for top row first"
    ),
    (
      ["env_args": #"{"env_kwargs": {"macros_image_convention": "opengl"}}"#], .upsideDown,
      "macros_image_convention of env_args of /data is opengl, robosuite's word for bottom row first"
    ),
  ])
  func isRead(attributes: [String: String], orientation: ImageOrientation, evidence: String) throws {
    let demonstrations = try Self.open([Self.file(attributes)])
    #expect(demonstrations.orientation == Chosen(orientation, evidence))
    #expect(!demonstrations.orientationIsAssumed)
  }

  /// What is turned: the first row of a frame becomes its last.
  @Test func framesAreTurned() throws {
    var file = Self.file(["macros_image_convention": "opengl"])
    file.byteArrays["/data/demo_0/obs/agentview_rgb"] = (
      [8, 2, 1, 3], (0..<8).flatMap { [UInt8($0), 0, 0, 200, 0, 0] }
    )
    let demonstrations = try Self.open([file])
    #expect(try demonstrations.images(of: demonstrations.episodes[0])[3].pixels == [200, 0, 0, 3, 0, 0])
  }

  @Test func whatIsSetWinsAndTheContradictionIsSaid() throws {
    let file = Self.file(["macros_image_convention": "opengl"])
    let set = try Self.open([file], DemonstrationOptions(orientation: .rotated180)).orientation
    #expect(set.value == .rotated180)
    #expect(
      set.evidence
        == "set by --orientation, although macros_image_convention of /data is opengl, robosuite's word for bottom row "
        + "first in /memory/a_demo.hdf5")
    let same = try Self.open([file], DemonstrationOptions(orientation: .upsideDown)).orientation
    #expect(same == Chosen(.upsideDown, "set by --orientation"))
  }

  @Test(arguments: [
    [["macros_image_convention": "vulkan"]],
    [["macros_image_convention": "opengl"], ["macros_image_convention": "opencv"]],
    [["macros_image_convention": "opengl"], [:]],
    [["macros_image_convention": "opengl", "env_args": #"{"image_convention": "opencv"}"#]],
  ])
  func whatCannotBeToldIsRefused(attributes: [[String: String]]) throws {
    let files = attributes.enumerated().map { Self.file($1, path: "/memory/\($0)_demo.hdf5") }
    let error = #expect(throws: VLMError.self) { try Self.open(files) }
    #expect(error?.code == .datasetInconsistent)
    #expect(error?.remedy?.contains("--orientation") == true)
    #expect(try Self.open(files, DemonstrationOptions(orientation: .asStored)).orientation.value == .asStored)
  }

  @Test func robomimicTurnsItsFrames() throws {
    var file = Self.file(["env_args": #"{"env_name": "Lift", "type": 1, "env_kwargs": {}}"#])
    file.byteArrays["/data/demo_0/obs/agentview_image"] = file.byteArrays.removeValue(
      forKey: "/data/demo_0/obs/agentview_rgb")
    let orientation = try Self.open([file]).orientation
    #expect(orientation == Chosen(.asStored, "robomimic turns frames upright before it writes them"))
  }

  @Test func whatNothingSaysIsCalledAssumed() throws {
    let demonstrations = try Self.open([Self.file([:])])
    #expect(demonstrations.orientation.value == .asStored && demonstrations.orientationIsAssumed)
    #expect(demonstrations.orientation.evidence.hasPrefix("assumed"))
  }
}
