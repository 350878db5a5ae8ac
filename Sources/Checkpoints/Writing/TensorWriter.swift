internal import Files
internal import Tensors

/// One job of a write under way, and the memory and hashes that go from job to job.
///
/// A thread drives several writers in step (`make`, hash, `write`), because the hashes of several messages at once
/// take little longer than one.
final class TensorWriter {
  /// What is being made.
  private enum Work {
    case tensor(PlannedTensor, file: OutputFile, offset: Int)
    case source(SourceTensor)
  }

  /// Hashes of a finished job.
  struct Hashes: Sendable {
    let result: String
    /// Of the bytes it was made from, as `PlannedTensor.sourceHash` says.
    let source: String?
  }

  /// Bytes of the buffers that a writer needs to make the largest slice of a plan.
  struct Memory: Sendable {
    let result: Int
    let source: Int

    init(_ plan: [PlannedTensor]) {
      let largest = { (byteCount: (PlannedTensor) -> Int) in
        plan.map { min($0.rowsPerSlice, $0.rows) * byteCount($0) }.max() ?? 0
      }
      result = max(PlannedTensor.sliceByteCount, largest(\.rowByteCount))
      let source = largest(\.sourceRowByteCount)
      self.source = source == 0 ? 0 : max(PlannedTensor.sliceByteCount, source)
    }
  }

  private let buffer: UnsafeMutableRawBufferPointer
  private let sourceBuffer: UnsafeMutableRawBufferPointer
  private let resultHash = SHA256()
  private let sourceHash = SHA256()
  private var job: (number: Int, work: Work)?
  /// Rows (of a source: bytes) made so far, and bytes of the slice that is in the buffers.
  private var row = 0
  private var filled = 0
  private var sourceFilled = 0
  /// Bytes of the tensor written so far.
  private var written = 0

  init(_ memory: Memory) {
    buffer = .allocate(byteCount: memory.result, alignment: 4096)
    sourceBuffer = .allocate(byteCount: memory.source, alignment: 4096)
  }

  deinit {
    buffer.deallocate()
    sourceBuffer.deallocate()
  }

  var isIdle: Bool { job == nil }

  /// Begins a job; `number` is what `finish` gives back.
  func begin(_ number: Int, _ tensor: PlannedTensor, to file: OutputFile, at offset: Int) {
    begin(number, .tensor(tensor, file: file, offset: offset))
  }

  func begin(_ number: Int, _ source: SourceTensor) { begin(number, .source(source)) }

  private func begin(_ number: Int, _ work: Work) {
    precondition(isIdle, "a job is under way")
    job = (number, work)
    (row, filled, sourceFilled, written) = (0, 0, 0, 0)
  }

  /// Makes the next slice.
  func make() throws(VLMError) {
    (filled, sourceFilled) = (0, 0)
    switch job?.work {
    case .tensor(let tensor, _, _): try make(tensor)
    case .source(let source):
      let range = row..<min(row + PlannedTensor.sliceByteCount, source.byteCount)
      try source.reader.readBytes(of: source.name, range, into: buffer)
      filled = range.count
      row = range.upperBound
    case nil: preconditionFailure("no job was begun")
    }
  }

  private func make(_ tensor: PlannedTensor) throws(VLMError) {
    guard tensor.rowByteCount > 0 else { return row = tensor.rows }
    // Small slices are gathered: a system call costs as much as a few thousand bytes.
    while row < tensor.rows {
      let rows = row..<min(row + tensor.rowsPerSlice, tensor.rows)
      let byteCount = rows.count * tensor.rowByteCount
      let sourceByteCount = rows.count * tensor.sourceRowByteCount
      if filled > 0, filled + sourceFilled + byteCount + sourceByteCount > PlannedTensor.sliceByteCount {
        return
      }
      try make(
        rows, of: tensor,
        into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + byteCount]),
        source: UnsafeMutableRawBufferPointer(
          rebasing: sourceBuffer[sourceFilled..<sourceFilled + sourceByteCount]))
      filled += byteCount
      sourceFilled += sourceByteCount
      row = rows.upperBound
    }
  }

  private func make(
    _ rows: Range<Int>, of tensor: PlannedTensor, into destination: UnsafeMutableRawBufferPointer,
    source: UnsafeMutableRawBufferPointer
  ) throws(VLMError) {
    do {
      try tensor.produce(rows, destination, source: source)
    } catch var error as VLMError {
      if error.tensor == nil { error.tensor = tensor.descriptor.name }
      throw error
    } catch {
      throw VLMError(
        .planProducerFailed, "cannot be made: \(error)", tensor: tensor.descriptor.name, cause: error)
    }
  }

  /// The slice that was made, for the hashes that it goes into.
  var unhashed: [(hash: SHA256, bytes: UnsafeRawBufferPointer)] {
    [(resultHash, slice), (sourceHash, UnsafeRawBufferPointer(rebasing: sourceBuffer[..<sourceFilled]))]
  }

  private var slice: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[..<filled]) }

  /// Writes the slice that was made; its bytes.
  func write() throws(VLMError) -> Int {
    if case .tensor(_, let file, let offset) = job?.work { try file.write(slice, at: offset + written) }
    written += filled
    return filled
  }

  /// Ends the job when its last slice was hashed and written; `nil` when there is more to make.
  func finish() -> (number: Int, hashes: Hashes)? {
    guard let (number, work) = job else { preconditionFailure("no job was begun") }
    let end: Int
    let recorded: PlannedTensor.SourceHash
    switch work {
    case .tensor(let tensor, _, _): (end, recorded) = (tensor.rows, tensor.sourceHash)
    case .source(let source): (end, recorded) = (source.byteCount, .none)
    }
    guard row == end else { return nil }
    job = nil
    let result = resultHash.finish()
    let source = sourceHash.finish()
    switch recorded {
    case .none: return (number, Hashes(result: result, source: nil))
    case .identical: return (number, Hashes(result: result, source: result))
    case .made: return (number, Hashes(result: result, source: source))
    }
  }

  /// The hash of what a file holds already.
  func hash(_ file: OutputFile, _ range: Range<Int>) throws(VLMError) -> String {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: PlannedTensor.sliceByteCount) {
      let slice = start..<min(start + PlannedTensor.sliceByteCount, range.upperBound)
      try file.read(slice, into: buffer)
      resultHash.update(UnsafeRawBufferPointer(rebasing: buffer[..<slice.count]))
    }
    return resultHash.finish()
  }
}
