import Datasets
import Testing

@Suite struct InstructionTests {
  @Test(arguments: [
    ("/d/KITCHEN_SCENE3_turn_on_the_stove_demo.hdf5", "turn on the stove"),
    ("push_the_puck_demo.hdf5", "push the puck"), ("lift.h5", "lift"), ("A.hdf5", "A"),
  ])
  func comesFromTheFileName(path: String, expected: String) {
    #expect(Instruction.fromFileName(path) == expected)
  }

  @Test func comesFromTheAttributesFirst() throws {
    var file = MemoryArrayFile(lengths: [4], lag: 0)
    #expect(try Instruction.find(in: file, demonstration: "/data/demo_0").value == "turn on the stove")
    file.attributes["/data@env_args"] = #"{"env_kwargs": {"lang": "from env_args"}}"#
    #expect(try Instruction.find(in: file, demonstration: "/data/demo_0").value == "from env_args")
    file.attributes["/data@problem_info"] = #"{"language_instruction": ["from", "problem_info"]}"#
    #expect(
      try Instruction.find(in: file, demonstration: "/data/demo_0")
        == Chosen("from problem_info", "problem_info of /data"))
    file.attributes["/data@problem_info"] = "{not json"
    #expect(try Instruction.find(in: file, demonstration: "/data/demo_0").value == "from env_args")
  }
}
