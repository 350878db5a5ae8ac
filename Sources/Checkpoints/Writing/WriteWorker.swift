internal import Tensors

/// What one thread of a write keeps between tensors: a slice buffer and two running hashes.
final class WriteWorker {
  private let buffer: UnsafeMutableRawBufferPointer
  private let resultHash = SHA256()
  private let sourceHash = SHA256()

  init(bufferByteCount: Int) {
    buffer = .allocate(byteCount: bufferByteCount, alignment: 4096)
  }

  deinit { buffer.deallocate() }

  /// Makes, hashes and writes one tensor, slice by slice in order.
  func write(
    _ tensor: PlannedTensor, to file: OutputFile, at offset: Int, _ meter: ProgressMeter
  ) throws(VLMError) -> (result: String, source: String?) {
    let rowByteCount = tensor.rowByteCount
    var row = 0
    var written = 0
    while rowByteCount > 0 && row < tensor.rows {
      // Small slices are gathered: a system call costs as much as a few thousand bytes.
      var filled = 0
      while row < tensor.rows {
        let rows = row..<min(row + tensor.rowsPerSlice, tensor.rows)
        let byteCount = rows.count * rowByteCount
        if filled > 0, filled + byteCount > PlannedTensor.sliceByteCount { break }
        try make(
          rows, of: tensor, into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<filled + byteCount])
        )
        filled += byteCount
        row = rows.upperBound
      }
      let slice = UnsafeRawBufferPointer(rebasing: buffer[..<filled])
      resultHash.update(slice)
      try file.write(slice, at: offset + written)
      written += filled
      meter.add(filled)
    }
    let result = resultHash.finish()
    let fed = sourceHash.finish()
    switch tensor.sourceHash {
    case .none: return (result, nil)
    case .identical: return (result, result)
    case .fed: return (result, fed)
    }
  }

  private func make(
    _ rows: Range<Int>, of tensor: PlannedTensor, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) {
    do {
      try tensor.produce(rows, destination, feeding: sourceHash)
    } catch var error as VLMError {
      if error.tensor == nil { error.tensor = tensor.descriptor.name }
      throw error
    } catch {
      throw VLMError(
        .planProducerFailed, "cannot be made: \(error)", tensor: tensor.descriptor.name, cause: error)
    }
  }

  func hash(_ source: SourceTensor, _ meter: ProgressMeter) throws(VLMError) -> String {
    for start in stride(from: 0, to: source.byteCount, by: PlannedTensor.sliceByteCount) {
      let range = start..<min(start + PlannedTensor.sliceByteCount, source.byteCount)
      try source.reader.readBytes(of: source.name, range, into: buffer)
      resultHash.update(UnsafeRawBufferPointer(rebasing: buffer[..<range.count]))
      meter.add(range.count)
    }
    return resultHash.finish()
  }

  func hash(_ file: OutputFile, _ range: Range<Int>) throws(VLMError) -> String {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: PlannedTensor.sliceByteCount) {
      let slice = start..<min(start + PlannedTensor.sliceByteCount, range.upperBound)
      try file.read(slice, into: buffer)
      resultHash.update(UnsafeRawBufferPointer(rebasing: buffer[..<slice.count]))
    }
    return resultHash.finish()
  }
}
