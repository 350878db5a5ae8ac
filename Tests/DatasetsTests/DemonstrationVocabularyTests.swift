import Datasets
import Testing

@Suite struct DemonstrationVocabularyTests {
  /// robosuite has where a thing is in the world, and where it is from the gripper.
  @Test(arguments: [
    ("robot0_eef_pos", ValueRole.endEffectorPosition), ("Can_pos", .objectPosition),
    ("Can_to_robot0_eef_pos", .displacement), ("Can_to_robot0_eef_quat", .other),
    ("robot0_base_to_eef_pos", .proprioception),
  ])
  func namesOfRobosuiteAreTold(name: String, role: ValueRole) throws {
    var file = MemoryArrayFile(lengths: [4], lag: 0)
    file.arrays["/data/demo_0/obs/\(name)"] = ([4, 3], [Double](repeating: 0.5, count: 12))
    let description = try HDF5Demonstrations([file], path: file.path).describe(0)
    #expect(description.values.first { $0.name == name }?.role == role)
  }
}
