import Statistics
import Tensors
import Testing

@Suite struct OpenBLASCoreTypeTests {
  @Test(arguments: ["Zen", "Haswell", "ZEN"])
  func correctsWhereAVX512GoesUnused(_ detected: String) {
    #expect(OpenBLASCoreType.correction(detected: detected, hasAVX512: true, environment: [:]) == "SKYLAKEX")
    #expect(OpenBLASCoreType.correction(detected: detected, hasAVX512: false, environment: [:]) == nil)
  }

  @Test(arguments: ["SkylakeX", "Cooperlake", "SapphireRapids"])
  func leavesAVX512KernelsAlone(_ detected: String) {
    #expect(OpenBLASCoreType.correction(detected: detected, hasAVX512: true, environment: [:]) == nil)
  }

  @Test func honoursTheUser() {
    let environment = ["OPENBLAS_CORETYPE": "Haswell"]
    #expect(
      OpenBLASCoreType.correction(detected: "Haswell", hasAVX512: true, environment: environment) == nil)
  }

  @Test(.enabled(if: !InstructionSet.available.contains(.avx512vnni)))
  func changesNothingWithoutAVX512() {
    switch OpenBLASCoreType.prepareProcess() {
    case .detected, .chosenByUser: break
    case let outcome: Issue.record("\(outcome)")
    }
  }
}
