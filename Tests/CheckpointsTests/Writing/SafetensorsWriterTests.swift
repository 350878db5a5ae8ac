import Checkpoints
import Files
import Foundation
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite struct SafetensorsWriterTests {
  @Test(arguments: [1, 2, 5])
  func writesTheSameBytesWhateverTheThreads(threads: Int) throws {
    try Fixture.withTemporaryDirectory { directory in
      let one = try write(to: directory.appending(path: "one").path, threads: 1)
      let many = try write(to: directory.appending(path: "many").path, threads: threads)
      #expect(one == many)
      for name in one.files {
        #expect(
          try Data(contentsOf: directory.appending(path: "one/\(name)"))
            == Data(contentsOf: directory.appending(path: "many/\(name)")))
      }
    }
  }

  @Test func readsBackWhatItWrote() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "out").path
      let written = try write(to: path, threads: 2)
      #expect(written.files.contains("model-00001-of-00003.safetensors"))
      let checkpoint = try Checkpoint.open(path)
      #expect(checkpoint.tensors.map(\.name) == samples.map(\.name).sorted())
      for sample in samples {
        let bytes = try checkpoint.withBytes(of: sample.name) { Array($0) }
        #expect(bytes == content(of: sample))
        let record = try #require(written.tensors.first { $0.name == sample.name })
        #expect(record.sha256 == bytes.withUnsafeBytes { SHA256.hash(of: $0) })
        #expect(checkpoint.file(of: sample.name).hasSuffix(record.file))
        // Alignment: 64 where the size allows it, at least the element's own everywhere.
        let aligned = min(64, sample.byteCount & -sample.byteCount)
        #expect(record.offset % (sample.byteCount == 0 ? 64 : aligned) == 0)
      }
    }
  }

  @Test func equalsAnIndependentWriterToTheByte() throws {
    // The same plan stands in fixtures/oracle/make_containers.py.
    let plan: [TensorDescriptor] = [
      TensorDescriptor(name: "a.big", dtype: .bf16, shape: [70, 64]),
      TensorDescriptor(name: "b.odd", dtype: .u8, shape: [3, 7]),
      TensorDescriptor(name: "b.scalar", dtype: .f32, shape: []),
      TensorDescriptor(name: "b.empty", dtype: .f32, shape: [0, 4]),
      TensorDescriptor(name: "b.twelve \"q\" é\n", dtype: .f32, shape: [3]),
      TensorDescriptor(name: "b.wide", dtype: .f32, shape: [16, 40]),
      TensorDescriptor(name: "b.half", dtype: .f16, shape: [5, 16]),
      TensorDescriptor(name: "c.last", dtype: .i8, shape: [10, 99]),
      TensorDescriptor(name: "c.first", dtype: .i8, shape: [16, 8]),
    ]
    try Fixture.withTemporaryDirectory { directory in
      var writer = SafetensorsWriter()
      writer.maximumShardByteCount = 5000
      writer.metadata = ["made by": "\"us\""]
      let output = try AtomicDirectory(directory.appending(path: "out").path)
      let written = try writer.write(plan.map { .bytes(content(of: $0), descriptor: $0) }, into: output)
      try output.commit()
      #expect(written.files.count == 3)
      for name in written.files {
        #expect(
          try Data(contentsOf: directory.appending(path: "out/\(name)"))
            == Data(contentsOf: Fixture.url("containers/written/\(name)")))
      }
    }
  }

  @Test func recordsTheHashOfTheSource() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "first").path
      let first = try write(to: path, threads: 1)
      let source = try Checkpoint.open(path)
      let whole = source.tensors.first { $0.name == "b.odd" }!
      let halved = PlannedTensor(
        descriptor: TensorDescriptor(name: "half", dtype: .u8, shape: [3, 1]), rows: 3, rowsPerSlice: 2,
        sourceRowByteCount: whole.byteCount / 3
      ) { rows, destination, bytes in
        let width = whole.byteCount / 3
        try source.readBytes(of: whole.name, rows.lowerBound * width..<rows.upperBound * width, into: bytes)
        for place in 0..<rows.count { destination[place] = bytes[place * width] }
      }
      let plan = [PlannedTensor.copy(of: whole, from: source, as: "copied"), halved]
      let output = try AtomicDirectory(directory.appending(path: "second").path)
      let second = try SafetensorsWriter().write(
        plan, hashing: [SourceTensor(source.tensors[0], in: source)], into: output)
      try output.commit()
      let expected = first.tensors.first { $0.name == "b.odd" }!.sha256
      #expect(second.tensors.map(\.sourceSHA256) == [expected, expected])
      #expect(second.tensors[0].sha256 == expected)
      #expect(second.sourceHashes == ["a.big": first.tensors.first { $0.name == "a.big" }!.sha256])
    }
  }

  @Test func goesOnAfterAnInterruption() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "out").path
      let expected = try write(to: directory.appending(path: "expected").path, threads: 1)
      // The largest go first, two at a time: at most one other is under way when the scalar fails.
      // A failure while staged files are set aside and put back is what a kill looks like to the next run.
      let staging = directory.appending(path: ".out.vlmtool-partial")
      let aside = directory.appending(path: "aside")
      do {
        let output = try AtomicDirectory(path, identity: "same")
        var plan = self.plan()
        plan[2] = PlannedTensor(descriptor: plan[2].descriptor, rows: 1, rowsPerSlice: 1) { _, _ in
          throw CancellationError()
        }
        let error = #expect(throws: VLMError.self) { try writer(threads: 1).write(plan, into: output) }
        #expect(error?.code == .planProducerFailed)
        #expect(error?.tensor == "b.scalar")
        try FileManager.default.copyItem(at: staging, to: aside)
      }
      #expect(!FileManager.default.fileExists(atPath: staging.path))
      try FileManager.default.moveItem(at: aside, to: staging)

      let made = Mutex<[String]>([])
      let output = try AtomicDirectory(path, identity: "same")
      #expect(output.isResumed)
      let written = try writer(threads: 1).write(
        plan { name in made.withLock { $0.append(name) } }, into: output)
      try output.commit()
      let again = Set(made.withLock { $0 })
      #expect(again.contains("b.scalar") && again.count <= 2)
      #expect(
        written.resumedByteCount
          == samples.reduce(0) { $0 + (again.contains($1.name) ? 0 : $1.byteCount) })
      #expect(written.tensors == expected.tensors)
      for name in expected.files {
        #expect(
          try Data(contentsOf: directory.appending(path: "expected/\(name)"))
            == Data(contentsOf: directory.appending(path: "out/\(name)")))
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: path).sorted() == expected.files.sorted())
    }
  }

  @Test func goesOnAfterAKill() async throws {
    let directory = FileManager.default.temporaryDirectory.appending(
      path: "vlmtool-kill-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let path = directory.appending(path: "out").path
    await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
      let suite = SafetensorsWriterTests()
      let output = try AtomicDirectory(path, identity: "same")
      _ = try suite.writer(threads: 1).write(
        suite.plan { if $0 == "b.scalar" { kill(getpid(), SIGKILL) } }, into: output)
    }
    #expect(!FileManager.default.fileExists(atPath: path))

    let output = try AtomicDirectory(path, identity: "same")
    #expect(output.isResumed)
    let written = try writer(threads: 2).write(plan(), into: output)
    try output.commit()
    #expect(written.resumedByteCount > 0)
    let expected = try write(to: directory.appending(path: "expected").path, threads: 1)
    #expect(written.tensors == expected.tensors)
    #expect(try FileManager.default.contentsOfDirectory(atPath: path).sorted() == expected.files.sorted())
    for name in expected.files {
      #expect(
        try Data(contentsOf: directory.appending(path: "expected/\(name)"))
          == Data(contentsOf: directory.appending(path: "out/\(name)")))
    }
  }

  @Test(arguments: [("__metadata__", VLMError.Code.planReservedName), ("a.big", .planDuplicateName)])
  func refusesNames(name: String, code: VLMError.Code) throws {
    try Fixture.withTemporaryDirectory { directory in
      let output = try AtomicDirectory(directory.appending(path: "out").path)
      let bad = PlannedTensor.bytes([1], descriptor: TensorDescriptor(name: name, dtype: .u8, shape: [1]))
      let error = #expect(throws: VLMError.self) {
        try SafetensorsWriter().write(plan() + [bad], into: output)
      }
      #expect(error?.code == code)
      #expect(error?.tensor == name)
    }
  }

  @Test func writesASingleFile() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "reference.safetensors").path
      let written = try SafetensorsWriter().write(plan(), toFile: path)
      #expect(written.files == ["reference.safetensors"])
      #expect(try Checkpoint.open(path).tensors.count == samples.count)
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["reference.safetensors"])
    }
  }

  private let samples = [
    TensorDescriptor(name: "a.big", dtype: .bf16, shape: [700, 1024]),
    TensorDescriptor(name: "b.odd", dtype: .u8, shape: [3, 7]),
    TensorDescriptor(name: "b.scalar", dtype: .f32, shape: []),
    TensorDescriptor(name: "b.empty", dtype: .f32, shape: [0, 4]),
    TensorDescriptor(name: "b.twelve \"q\" é", dtype: .f32, shape: [3]),
    TensorDescriptor(name: "b.wide", dtype: .f32, shape: [64, 640]),
    TensorDescriptor(name: "c.last", dtype: .i8, shape: [100, 999]),
  ]

  private func content(of tensor: TensorDescriptor) -> [UInt8] {
    (0..<tensor.byteCount).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ tensor.name.utf8.count) }
  }

  private func plan(making: @escaping @Sendable (String) -> Void = { _ in }) -> [PlannedTensor] {
    samples.map { sample in
      let bytes = content(of: sample)
      let rows = sample.shape.rank == 2 && sample.byteCount > 0 ? sample.shape[0] : 1
      let width = sample.byteCount / rows
      return PlannedTensor(descriptor: sample, rows: rows, rowsPerSlice: 3) { rows, destination in
        making(sample.name)
        destination.copyBytes(from: bytes[rows.lowerBound * width..<rows.upperBound * width])
      }
    }
  }

  private func writer(threads: Int) -> SafetensorsWriter {
    var writer = SafetensorsWriter()
    writer.threads = threads
    writer.maximumShardByteCount = 200_000
    return writer
  }

  private func write(to path: String, threads: Int) throws -> WrittenCheckpoint {
    let output = try AtomicDirectory(path)
    let written = try writer(threads: threads).write(plan(), into: output)
    try output.commit()
    return written
  }
}
