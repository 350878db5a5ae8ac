import Files
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct HDF5WriterTests {
  @Test func readsBackWhatItWrote() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "cache.h5").path
      try Self.write(path)
      let file = try HDF5File(path)
      #expect(try file.root.names() == ["features", "images", "labels", "names"])
      #expect(try file.dataset("/features/blocks.0").values(Double.self) == [1.5, -2, 3, 4, 5, 6.25])
      #expect(try file.dataset("/features/blocks.0").storage == .chunked([1, 3]))
      #expect(try file.dataset("/labels").values(Int64.self) == [-1, 1 << 40])
      #expect(try file.dataset("/images").bytes() == (0..<60).map { UInt8($0) })
      #expect(try file.dataset("/features/half").dtype == .bf16)
      #expect(try file.dataset("/features/half").values(Float.self) == [1, -2])
      #expect(try file.dataset("/names").strings() == ["größer", "", "b"])
      #expect(try file.root.attribute("version") == .integers([3], []))
      #expect(try file.root.attribute("keys") == .strings(["a", "é"], [2]))
      #expect(try file.group("/features").attribute("scale") == .floats([0.5, 0.25], [2]))
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["cache.h5"])
    }
  }

  @Test func writesTheSameBytesEachTime() throws {
    try Fixture.withTemporaryDirectory { directory in
      let paths = ["a.h5", "b.h5"].map { directory.appending(path: $0).path }
      for path in paths { try Self.write(path) }
      #expect(try Data(contentsOf: URL(filePath: paths[0])) == Data(contentsOf: URL(filePath: paths[1])))
    }
  }

  @Test func leavesNothingWhenNotCommitted() throws {
    try Fixture.withTemporaryDirectory { directory in
      do {
        let writer = try HDF5Writer(directory.appending(path: "cache.h5").path)
        try writer.write([1.0], to: "x", shape: [1])
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == [])
    }
  }

  @Test func leavesNothingWhenItCannotCommit() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "cache.h5")
      try FileManager.default.createDirectory(at: path, withIntermediateDirectories: false)
      let writer = try HDF5Writer(path.path)
      try writer.write([1.0], to: "x", shape: [1])
      #expect(throws: VLMError.self) { try writer.commit() }
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["cache.h5"])
    }
  }

  @Test func refusesWhatHDF5CannotHold() throws {
    try Fixture.withTemporaryDirectory { directory in
      let writer = try HDF5Writer(directory.appending(path: "cache.h5").path)
      #expect(
        #expect(throws: VLMError.self) { try writer.createDataset("x", dtype: .f4, shape: [2]) }?.code
          == .hdf5Type)
      try writer.write([1.0], to: "x", shape: [1])
      #expect(
        #expect(throws: VLMError.self) { try writer.write([1.0], to: "x", shape: [1]) }?.code
          == .hdf5WriteFailed)
    }
  }

  static func write(_ path: String) throws {
    let writer = try HDF5Writer(path)
    try writer.setAttribute("version", of: "/", .integers([3], []))
    try writer.setAttribute("keys", of: "/", .strings(["a", "é"], [2]))
    let rows = try writer.createDataset(
      "/features/blocks.0", dtype: .f32, shape: [2, 3], chunk: [1, 3], gzip: 4)
    try writer.setAttribute("scale", of: "/features", .floats([0.5, 0.25], [2]))
    try [Float(4), 5, 6.25].withUnsafeBytes { try rows.writeRows(1..<2, $0) }
    try [Float(1.5), -2, 3].withUnsafeBytes { try rows.writeRows(0..<1, $0) }
    try writer.write([Int64(-1), 1 << 40], to: "/labels", shape: [2])
    try writer.write(
      (0..<60).map { UInt8($0) }, to: "/images", shape: [1, 4, 5, 3], chunk: [1, 4, 5, 3], gzip: 1)
    try [UInt16(0x3F80), 0xC000].withUnsafeBytes {
      try writer.write($0, to: "/features/half", dtype: .bf16, shape: [2])
    }
    try writer.write(["größer", "", "b"], to: "/names")
    try writer.commit()
  }
}
