import Files
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct AtomicDirectoryTests {
  private let files = FileManager.default

  @Test func appearsOnlyWhenCommitted() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "out").path
      let output = try AtomicDirectory(path)
      try output.write("text", to: "config.json")
      try output.write([UInt8](), to: "empty")
      try output.copy(output.stagedPath("empty"), as: "copied-empty")
      try output.copy(Fixture.url("containers/hdf5.json").path)
      #expect(!files.fileExists(atPath: path))
      try output.commit()
      #expect(
        try files.contentsOfDirectory(atPath: path).sorted() == [
          "config.json", "copied-empty", "empty", "hdf5.json",
        ])
      #expect(try files.contentsOfDirectory(atPath: directory.path) == ["out"])
      #expect(
        files.contentsEqual(atPath: path + "/hdf5.json", andPath: Fixture.url("containers/hdf5.json").path))
    }
  }

  @Test func leavesNothingWhenGivenUp() throws {
    try Fixture.withTemporaryDirectory { directory in
      do { try AtomicDirectory(directory.appending(path: "out").path).write("x", to: "x") }
      #expect(try files.contentsOfDirectory(atPath: directory.path).isEmpty)
    }
  }

  @Test func refusesWhatIsThere() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "out").path
      try files.createDirectory(atPath: path, withIntermediateDirectories: true)
      try AtomicDirectory(path).commit()  // an empty directory is no obstacle

      try "diary".write(toFile: path + "/diary.txt", atomically: true, encoding: .utf8)
      #expect(refusal { try AtomicDirectory(path) } == .outputExists)
      #expect(refusal { try AtomicDirectory(path, replacing: { _ in ["config.json"] }) } == .outputNotOurs)
      #expect(refusal { try AtomicDirectory(path + "/diary.txt") } == .outputNotADirectory)
      #expect(try files.contentsOfDirectory(atPath: path) == ["diary.txt"])
      #expect(try files.contentsOfDirectory(atPath: directory.path) == ["out"])
    }
  }

  @Test func replacesACheckpointWhenAsked() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "out").path
      for text in ["old", "new"] {
        let output = try AtomicDirectory(path, replacing: { _ in ["config.json", "left-over.json"] })
        try output.write(text, to: "config.json")
        if text == "old" { try output.write(text, to: "left-over.json") }
        try output.commit()
      }
      #expect(try files.contentsOfDirectory(atPath: path) == ["config.json"])
      #expect(try String(contentsOfFile: path + "/config.json", encoding: .utf8) == "new")
      #expect(try files.contentsOfDirectory(atPath: directory.path) == ["out"])
    }
  }

  @Test func putsTheOldOneBackAfterAKillBetweenTheRenames() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "out").path
      let aside = directory.appending(path: ".out.vlmtool-replaced").path
      try files.createDirectory(atPath: aside, withIntermediateDirectories: true)
      try "old".write(toFile: aside + "/config.json", atomically: true, encoding: .utf8)
      do { _ = try AtomicDirectory(path, replacing: { _ in ["config.json"] }) }
      #expect(try String(contentsOfFile: path + "/config.json", encoding: .utf8) == "old")
    }
  }

  @Test func takesOverOnlyUnderTheSameIdentity() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "out").path
      let staging = directory.appending(path: ".out.vlmtool-partial").path
      let aside = directory.appending(path: "aside").path
      do {
        let output = try AtomicDirectory(path, identity: "one")
        #expect(!output.isResumed)
        try output.write("half", to: "x")
        try files.copyItem(atPath: staging, toPath: aside)
      }
      for (identity, isResumed) in [("one", true), ("two", false), (nil, false)] {
        try files.copyItem(atPath: aside, toPath: staging)
        let output = try AtomicDirectory(path, identity: identity)
        #expect(output.isResumed == isResumed)
        #expect(files.fileExists(atPath: output.stagedPath("x")) == isResumed)
        output.discard()
      }
    }
  }

  @Test func letsOneRunInAtATime() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "out").path
      let first = try AtomicDirectory(path, identity: "x")
      #expect(refusal { try AtomicDirectory(path, identity: "x") } == .outputBusy)
      try first.write("x", to: "x")
      try first.commit()
      #expect(try files.contentsOfDirectory(atPath: path) == ["x"])
    }
  }

  @Test func followsALinkAtTheOutputAndNoneInside() throws {
    try Fixture.withTemporaryDirectory { directory in
      let real = directory.appending(path: "real").path
      let link = directory.appending(path: "link").path
      try files.createDirectory(atPath: real, withIntermediateDirectories: true)
      try files.createSymbolicLink(atPath: link, withDestinationPath: real)
      let output = try AtomicDirectory(link)
      #expect(output.path.hasSuffix("/real"))
      let victim = directory.appending(path: "victim").path
      try files.createSymbolicLink(atPath: output.stagedPath("x"), withDestinationPath: victim)
      #expect(refusal { try output.write("x", to: "x") } == .outputCreateFailed)
      #expect(!files.fileExists(atPath: victim))
    }
  }

  @Test func makesNoParents() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "typo/out").path
      #expect(refusal { try AtomicDirectory(path) } == .outputParentMissing)
      #expect(refusal { try AtomicDirectory("") } == .outputCreateFailed)
      let names = try files.contentsOfDirectory(atPath: directory.path)
      #expect(names.isEmpty)
    }
  }

  /// What comes to be in a directory after it was looked at is kept.
  @Test func keepsWhatAppearedMeanwhile() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "out").path
      let own: AtomicDirectory.OwnFiles = { _ in ["config.json"] }
      let first = try AtomicDirectory(path)
      try first.write("old", to: "config.json")
      try first.commit()
      let second = try AtomicDirectory(path, replacing: own)
      try second.write("new", to: "config.json")
      try "diary".write(toFile: path + "/diary.txt", atomically: true, encoding: .utf8)
      #expect(refusal { try second.commit() } == .outputNotOurs)
      #expect(try String(contentsOfFile: path + "/config.json", encoding: .utf8) == "old")
      #expect(files.fileExists(atPath: path + "/diary.txt"))
    }
  }

  private func refusal<R: ~Copyable>(_ body: () throws -> R) -> VLMError.Code? {
    do {
      _ = try body()
      return nil
    } catch {
      return (error as? VLMError)?.code
    }
  }
}
