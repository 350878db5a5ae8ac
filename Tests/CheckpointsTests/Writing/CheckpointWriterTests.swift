import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

/// The conformance kit of `CheckpointWriter`: what every container must do. A new one is a value in `writers`.
@Suite struct CheckpointWriterTests {
  struct Case: Sendable, CustomStringConvertible {
    let description: String
    let make: @Sendable (_ threads: Int) -> any CheckpointWriter
  }

  static let writers = [
    Case(description: "safetensors") { threads in
      var writer = SafetensorsWriter()
      writer.threads = threads
      return writer
    },
    Case(description: "safetensors in shards") { threads in
      var writer = SafetensorsWriter()
      writer.threads = threads
      writer.maximumShardByteCount = 40_000
      return writer
    },
    Case(description: "Keras") { KerasWeightsWriter(threads: $0) },
  ]

  private static let samples: [(descriptor: TensorDescriptor, bytes: [UInt8])] = [
    ("a/wide", DType.f32, Shape([64, 129])), ("a/odd", .f32, Shape([3, 7])), ("b/narrow", .i32, Shape([5])),
    ("b/long", .f32, Shape([9000])),
  ].map { name, dtype, shape in
    let descriptor = TensorDescriptor(name: name, dtype: dtype, shape: shape)
    return (descriptor, (0..<descriptor.byteCount).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ name.utf8.count) })
  }

  /// - Parameter failing: a tensor that cannot be made.
  private static func plan(failing: String? = nil) -> [PlannedTensor] {
    samples.map { descriptor, bytes in
      let width = descriptor.byteCount / descriptor.shape[0]
      return PlannedTensor(descriptor: descriptor, rows: descriptor.shape[0], rowsPerSlice: 3) { rows, destination in
        if descriptor.name == failing { throw CancellationError() }
        destination.copyBytes(from: bytes[rows.lowerBound * width..<rows.upperBound * width])
      }
    }
  }

  /// Everything stands where the writer says, hashed as it stands there, and in a checkpoint that opens.
  @Test(arguments: writers) func writesWhatThePlanMakes(_ test: Case) throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "out")
      let output = try AtomicDirectory(path.path)
      let layout = try test.make(2).layout(of: Self.plan())
      let written = try test.make(2).write(Self.plan(), into: output)
      try output.commit()
      #expect(written.files == layout.files.map(\.name) + [layout.index?.name].compactMap(\.self))
      #expect(layout.files.flatMap { $0.offsets.map(\.index) }.sorted() == Array(Self.samples.indices))
      for ((descriptor, bytes), tensor) in zip(Self.samples, written.tensors) {
        let file = try Data(contentsOf: path.appending(path: tensor.file))
        #expect(tensor.name == descriptor.name)
        #expect([UInt8](file[tensor.offset..<tensor.offset + tensor.byteCount]) == bytes)
        #expect(tensor.sha256 == bytes.withUnsafeBytes { SHA256.hash(of: $0) })
      }
      let opened = try Checkpoint.open(path.path)
      #expect(opened.tensors == Self.samples.map(\.descriptor).sorted { $0.name < $1.name })
    }
  }

  @Test(arguments: writers) func givesTheSameBytesWhateverTheThreads(_ test: Case) throws {
    try Fixture.withTemporaryDirectory { directory in
      let written = try [1, 3].map { threads in
        let output = try AtomicDirectory(directory.appending(path: "\(threads)").path)
        let written = try test.make(threads).write(Self.plan(), into: output)
        try output.commit()
        return written
      }
      #expect(written[0] == written[1])
      for name in written[0].files {
        #expect(
          try Data(contentsOf: directory.appending(path: "1/\(name)"))
            == Data(contentsOf: directory.appending(path: "3/\(name)")), "\(name)")
      }
    }
  }

  /// What an interrupted run made is taken over, and the result is that of a run that was not interrupted.
  @Test(arguments: writers) func goesOnAfterAnInterruption(_ test: Case) throws {
    try Fixture.withTemporaryDirectory { directory in
      let whole = try AtomicDirectory(directory.appending(path: "whole").path)
      let expected = try test.make(1).write(Self.plan(), into: whole)
      try whole.commit()
      let staging = directory.appending(path: ".out.vlmtool-partial")
      let aside = directory.appending(path: "aside")
      do {
        let output = try AtomicDirectory(directory.appending(path: "out").path, identity: "same")
        #expect(throws: VLMError.self) { try test.make(1).write(Self.plan(failing: "b/narrow"), into: output) }
        try FileManager.default.copyItem(at: staging, to: aside)
      }
      try FileManager.default.moveItem(at: aside, to: staging)
      let output = try AtomicDirectory(directory.appending(path: "out").path, identity: "same")
      let resumed = try test.make(1).write(Self.plan(), into: output)
      try output.commit()
      #expect(resumed.resumedByteCount > 0 && resumed.tensors == expected.tensors)
      for name in expected.files {
        #expect(
          try Data(contentsOf: directory.appending(path: "whole/\(name)"))
            == Data(contentsOf: directory.appending(path: "out/\(name)")), "\(name)")
      }
    }
  }

  /// Shares of several runs at once, and a last run that does what is missing, give what one run gives.
  @Test(arguments: writers) func sharesGiveWhatOneRunGives(_ test: Case) throws {
    try Fixture.withTemporaryDirectory { directory in
      let whole = try AtomicDirectory(directory.appending(path: "whole").path)
      let expected = try test.make(1).write(Self.plan(), into: whole)
      try whole.commit()
      let path = directory.appending(path: "out").path
      // The second share is never made, and the first begins again.
      let shares = try Parallel.map(3, threads: 3) { (place) throws(VLMError) in
        let output = try AtomicDirectory(path, identity: "same", share: Share("\([1, 3, 4][place])/4"))
        return try test.make(1).writeShare(of: Self.plan(), in: output)
      }
      #expect(shares.map(\.tensors) == [1, 1, 1] && shares.allSatisfy { $0.resumedByteCount == 0 })
      let again = try AtomicDirectory(path, identity: "same", share: Share("1/4"))
      #expect(again.isResumed)
      let share = try test.make(1).writeShare(of: Self.plan(), in: again)
      again.leave()
      #expect(share.resumedByteCount == share.byteCount && share.byteCount > 0)
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == [".out.vlmtool-partial", "whole"])

      let output = try AtomicDirectory(path, identity: "same")
      let joined = try test.make(1).write(Self.plan(), into: output)
      try output.commit()
      #expect(joined.tensors == expected.tensors)
      #expect(joined.resumedByteCount == shares.reduce(0) { $0 + $1.byteCount })
      #expect(try FileManager.default.contentsOfDirectory(atPath: path).sorted() == expected.files.sorted())
      for name in expected.files {
        #expect(
          try Data(contentsOf: directory.appending(path: "whole/\(name)"))
            == Data(contentsOf: directory.appending(path: "out/\(name)")), "\(name)")
      }
    }
  }

  /// Bytes that another machine wrote are read again before they are believed, and made again where they are others.
  @Test(arguments: writers) func anotherMachinesShareIsChecked(_ test: Case) throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "out").path
      let staging = directory.appending(path: ".out.vlmtool-partial")
      do {
        let output = try AtomicDirectory(path, identity: "same", share: Share("1/1"))
        _ = try test.make(1).writeShare(of: Self.plan(), in: output)
      }
      let journal = staging.appending(path: ".vlmtool-journal-1-of-1")
      var lines = try String(contentsOf: journal, encoding: .utf8).split(separator: "\n").map(String.init)
      lines[0] = lines[0].split(separator: " ").dropLast().joined(separator: " ") + " another-machine"
      try (lines.joined(separator: "\n") + "\n").write(to: journal, atomically: false, encoding: .utf8)
      let layout = try test.make(1).layout(of: Self.plan())
      let damaged = try #require(layout.files.first { $0.offsets.contains { $0.index == 0 } })
      let file = staging.appending(path: damaged.name)
      let at = try #require(try Data(contentsOf: file).firstRange(of: Data(Self.samples[0].bytes))).lowerBound
      let handle = try FileHandle(forUpdating: file)
      try handle.seek(toOffset: UInt64(at + 5))
      try handle.write(contentsOf: Data([255]))
      try handle.close()

      let output = try AtomicDirectory(path, identity: "same")
      let joined = try test.make(1).write(Self.plan(), into: output)
      try output.commit()
      let total = Self.samples.reduce(0) { $0 + $1.bytes.count }
      #expect(joined.resumedByteCount == total - Self.samples[0].bytes.count)
      let opened = try Checkpoint.open(path)
      for (descriptor, bytes) in Self.samples { #expect(try opened.withBytes(of: descriptor.name) { [UInt8]($0) } == bytes) }
    }
  }

  @Test func sharesKeepOthersOut() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "out").path
      func refusal(_ identity: String, _ share: Share?) -> VLMError.Code? {
        do throws(VLMError) {
          let output = try AtomicDirectory(path, identity: identity, share: share)
          if share == nil { output.discard() } else { _ = try SafetensorsWriter().writeShare(of: Self.plan(), in: output) }
          return nil
        } catch {
          return error.code
        }
      }
      let one = try AtomicDirectory(path, identity: "same", share: Share("1/2"))
      _ = try SafetensorsWriter().writeShare(of: Self.plan(), in: one)
      var journal: OutputFile? = try OutputFile(one.stagedPath(".vlmtool-journal-1-of-2"))
      try journal?.lock()
      withExtendedLifetime(journal) {
        #expect(refusal("same", Share("1/2")) == .outputBusy)
        #expect(refusal("other", Share("2/2")) == .outputBusy)
        #expect(refusal("same", nil) == .outputBusy)
        #expect(refusal("same", Share("2/2")) == nil)
      }
      journal = nil
      one.leave()
      // Nobody is there any more, and what was done is kept all the same.
      #expect(refusal("other", Share("2/2")) == .outputBusy && refusal("other", nil) == .outputBusy)
      #expect(refusal("same", nil) == nil)
      let whole = try AtomicDirectory(path, identity: "other")
      #expect(refusal("other", Share("1/2")) == .outputBusy)
      whole.discard()
    }
  }

  @Test(arguments: writers) func refusesTwoTensorsOfOneName(_ test: Case) throws {
    try Fixture.withTemporaryDirectory { directory in
      let output = try AtomicDirectory(directory.appending(path: "out").path)
      let error = #expect(throws: VLMError.self) {
        try test.make(1).write(Self.plan() + Self.plan().prefix(1), into: output)
      }
      #expect(error?.code == .planDuplicateName && error?.tensor == "a/wide")
    }
  }
}
