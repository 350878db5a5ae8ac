import Foundation
import TestSupport
import Tensors
import Testing

@testable import Mapping

@Suite struct IgnoredTreeTests {
  private func family(_ ignore: String) throws -> FamilyFile {
    try FamilyFile(
      parsing: FamilyFileTests.text(ignore: ignore), file: "toy", parts: PartLibrary([]))
  }

  @Test func everythingBelowIsLeftOut() throws {
    let family = try family(#"{ tensors: "{head,expert.1}.*", because: "acts" }"#)
    #expect(family.ignoreReason(forSource: "head.w") == "acts")
    #expect(family.ignoreReason(forSource: "expert.1.layers.3.w.0") == "acts")
    for other in ["head", "heads.w", "expert.12.w", "a.head.w"] {
      #expect(family.ignoreReason(forSource: other) == nil, "\(other)")
    }
  }

  @Test(arguments: [
    (#"{ tensors: "a.*", because: "x" }"#, #""a.*" and "a.{i}.w" claim the same tensors"#),
    (#"{ tensors: "a.3.*", because: "x" }"#, #""a.3.*" and "a.{i}.w" claim the same tensors"#),
    (
      #"{ tensors: "head.*", because: "x" }, { tensors: "head.bias", because: "y" }"#,
      #""head.*" and "head.bias" claim the same tensors"#
    ),
    (
      #"{ tensors: "head.*", because: "x" }, { tensors: "head.inner.*", because: "y" }"#,
      #""head.inner.*" and "head.*" claim the same tensors"#
    ),
    (#"{ tensors: "b.{i}.*", because: "x" }"#, #""b.{i}.*": what is above a * has one name"#),
  ]) func refusesWhatIsNotOneName(ignore: String, says: String) throws {
    let error = try #require(throws: VLMError.self) { try family(ignore) }
    #expect(error.message == says)
  }
}
