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
