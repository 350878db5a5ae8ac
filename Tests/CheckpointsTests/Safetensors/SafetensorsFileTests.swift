import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct SafetensorsFileTests {
  @Test func lendsTheBytesOfEachTensor() throws {
    try Fixture.withTemporaryDirectory { directory in
      let file = directory.appending(path: "model.safetensors")
      let header =
        #"{"__metadata__":{"format":"pt"},"b":{"dtype":"F16","shape":[1,2],"data_offsets":[0,4]},"#
        + #""a\u00e9\ud83d\ude00":{"data_offsets":[4,5],"extra":[1,{"x":null}],"dtype":"U8","shape":[]}}   "#
      try Self.bytes(header: header, data: [1, 2, 3, 4, 5]).write(to: file)
      for path in [file.path, directory.path] {
        let checkpoint = try Checkpoint.open(path)
        #expect(checkpoint.tensors.map(\.name) == ["aé😀", "b"])
        #expect(checkpoint.tensors[1] == TensorDescriptor(name: "b", dtype: .f16, shape: [1, 2]))
        #expect(checkpoint.file(of: "b") == file.path)
        #expect(try checkpoint.withBytes(of: "b") { Array($0) } == [1, 2, 3, 4])
        var copy = [UInt8](repeating: 0, count: 2)
        try copy.withUnsafeMutableBytes { try checkpoint.readBytes(of: "b", 1..<3, into: $0) }
        #expect(copy == [2, 3])
      }
      #expect(try SafetensorsFile(file.path).metadata == ["format": "pt"])
    }
  }

  @Test func knowsEveryDType() throws {
    let file = try SafetensorsFile(Fixture.url("containers/all_dtypes.safetensors").path)
    #expect(file.metadata == ["format": "pt", "größe": "é\\\""])
    #expect(Set(file.tensors.map(\.dtype)) == Set(DType.allCases))
    for tensor in file.tensors {
      let expected = (0..<tensor.byteCount).map { UInt8(truncatingIfNeeded: $0 * 7 + tensor.name.utf8.count) }
      #expect(try file.withBytes(of: tensor.name) { Array($0) } == expected, "\(tensor.name)")
    }
    #expect(file.tensors.first { $0.name == "empty" }?.shape == [0, 7])
  }

  @Test func bytesStayWhenTheReaderIsGone() throws {
    let file = Fixture.url("containers/all_dtypes.safetensors").path
    let tensor = try #require(try SafetensorsFile(file).tensors.first { $0.byteCount > 0 })
    let resident = try SafetensorsFile(file).resident(tensor.name)
    let lent = try SafetensorsFile(file).withBytes(of: tensor.name) { Array($0) }
    #expect(withExtendedLifetime(resident.owner) { Array(resident.bytes) } == lent)
  }

  static func bytes(header: String, data: [UInt8]) -> Data {
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) } + Data(header.utf8) + Data(data)
  }
}
