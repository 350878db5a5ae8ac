import Files
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct MappedFileTests {
  @Test func refusesWhatIsNotAFile() throws {
    try Fixture.withTemporaryDirectory { directory in
      let fifo = directory.appending(path: "fifo").path
      #expect(mkfifo(fifo, 0o600) == 0)
      #expect(refusal(fifo) == .fileNotRegular)
      #expect(refusal(directory.path) == .fileNotRegular)
      #expect(refusal("/dev/zero") == .fileNotRegular)
      #expect(refusal(directory.appending(path: "missing").path) == .fileNotFound)
      #expect(refusal(fifo + "/below") == .fileNotFound)
      let empty = directory.appending(path: "empty").path
      try Data().write(to: URL(filePath: empty))
      #expect(refusal(empty) == .fileEmpty)
    }
  }

  /// The superuser may read everything.
  @Test(.enabled(if: getuid() != 0)) func refusesWhatMayNotBeRead() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "secret").path
      try Data([1]).write(to: URL(filePath: path))
      #expect(chmod(path, 0) == 0)
      #expect(refusal(path) == .fileUnreadable)
    }
  }

  @Test func noticesThatTheFileShrank() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "x").path
      try Data(repeating: 7, count: 100_000).write(to: URL(filePath: path))
      let file = try MappedFile(path)
      #expect(try file.withBytes(99_999..<100_000) { $0[0] } == 7)
      #expect(truncate(path, 10) == 0)
      let whole = #expect(throws: VLMError.self) { try file.withBytes(0..<100_000) { $0[99_999] } }
      #expect(whole?.code == .fileChanged)
      #expect(whole?.file == path)
      var buffer = [UInt8](repeating: 0, count: 100)
      let part = #expect(throws: VLMError.self) {
        try buffer.withUnsafeMutableBytes { try file.read(0..<100, into: $0) }
      }
      #expect(part?.code == .fileChanged)
      #expect(part?.offset == 10)
    }
  }

  private func refusal(_ path: String) -> VLMError.Code? {
    do throws(VLMError) {
      _ = try MappedFile(path)
      return nil
    } catch {
      return error.code
    }
  }
}
