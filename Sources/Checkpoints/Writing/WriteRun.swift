internal import Synchronization
internal import Tensors

/// The jobs of one write, shared by its threads.
///
/// A job is one tensor: its slices are made, hashed and written in order by one thread, through a buffer that the
/// thread keeps. The largest jobs go first, so that threads end together.
final class WriteRun: Sendable {
  private struct Job: Sendable {
    let number: Int
    let byteCount: Int
  }

  private struct Result: Sendable {
    let sha256: String
    let sourceSHA256: String?
  }

  private let plan: [PlannedTensor]
  private let sources: [SourceTensor]
  private let layout: SafetensorsLayout
  private let files: [OutputFile]
  private let journal: WriteJournal?
  private let meter: ProgressMeter
  /// For each planned tensor its shard and offset.
  private let places: [(shard: Int, offset: Int)]
  private let results: Mutex<[Int: Result]> = Mutex([:])
  private let failure: Mutex<VLMError?> = Mutex(nil)
  private let resumedByteCount = Atomic<Int>(0)

  init(
    plan: [PlannedTensor], sources: [SourceTensor], layout: SafetensorsLayout, files: [OutputFile],
    journal: WriteJournal?, progress: ProgressHandler?
  ) {
    self.plan = plan
    self.sources = sources
    self.layout = layout
    self.files = files
    self.journal = journal
    var places = [(shard: Int, offset: Int)](repeating: (0, 0), count: plan.count)
    for (number, shard) in layout.shards.enumerated() {
      for placement in shard.placements { places[placement.index] = (number, placement.offset) }
    }
    self.places = places
    let total = plan.reduce(0) { $0 + $1.descriptor.byteCount } + sources.reduce(0) { $0 + $1.byteCount }
    meter = ProgressMeter(activity: "writing", total: total, handler: progress)
  }

  func run(threads: Int) throws(VLMError) -> WrittenCheckpoint {
    let jobs =
      (plan.indices.map { Job(number: $0, byteCount: plan[$0].descriptor.byteCount) }
      + sources.indices.map { Job(number: plan.count + $0, byteCount: sources[$0].byteCount) })
      .sorted { ($1.byteCount, $0.number) < ($0.byteCount, $1.number) }
    let largestSlice = plan.map { min($0.rowsPerSlice, $0.rows) * $0.rowByteCount }.max() ?? 0
    let bufferByteCount = max(PlannedTensor.sliceByteCount, largestSlice)
    let next = Atomic<Int>(0)
    let workers = max(1, min(threads, jobs.count))
    Parallel.forEach(workers, threads: workers) { _ in
      let worker = WriteWorker(bufferByteCount: bufferByteCount)
      while failure.withLock({ $0 == nil }) {
        let position = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard position < jobs.count else { return }
        do throws(VLMError) {
          try perform(jobs[position].number, worker)
        } catch {
          failure.withLock { if $0 == nil { $0 = error } }
        }
      }
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
    meter.finish()
    return written()
  }

  private func perform(_ number: Int, _ worker: WriteWorker) throws(VLMError) {
    if try takeOver(number, worker) { return }
    let result: Result
    if number < plan.count {
      let place = places[number]
      let hashes = try worker.write(plan[number], to: files[place.shard], at: place.offset, meter)
      result = Result(sha256: hashes.result, sourceSHA256: hashes.source)
    } else {
      result = Result(sha256: try worker.hash(sources[number - plan.count], meter), sourceSHA256: nil)
    }
    try journal?.finish(number, sha256: result.sha256, sourceSHA256: result.sourceSHA256)
    results.withLock { $0[number] = result }
  }

  /// Takes over what an interrupted run finished; whether there was such a thing.
  private func takeOver(_ number: Int, _ worker: WriteWorker) throws(VLMError) -> Bool {
    guard let journal, let entry = journal.finished[number] else { return false }
    let byteCount: Int
    if number < plan.count {
      byteCount = plan[number].descriptor.byteCount
      let place = places[number]
      if entry.needsCheck {
        let range = place.offset..<place.offset + byteCount
        guard try worker.hash(files[place.shard], range) == entry.sha256 else { return false }
      }
    } else {
      byteCount = sources[number - plan.count].byteCount
    }
    if entry.needsCheck { try journal.finish(number, sha256: entry.sha256, sourceSHA256: entry.sourceSHA256) }
    resumedByteCount.wrappingAdd(byteCount, ordering: .relaxed)
    meter.add(byteCount)
    results.withLock { $0[number] = Result(sha256: entry.sha256, sourceSHA256: entry.sourceSHA256) }
    return true
  }

  private func written() -> WrittenCheckpoint {
    let results = results.withLock { $0 }
    let tensors = plan.indices.map { number in
      WrittenCheckpoint.Tensor(
        name: plan[number].descriptor.name, file: layout.shards[places[number].shard].fileName,
        offset: places[number].offset, byteCount: plan[number].descriptor.byteCount,
        sha256: results[number]!.sha256, sourceSHA256: results[number]!.sourceSHA256)
    }
    var sourceHashes: [String: String] = [:]
    for (index, source) in sources.enumerated() {
      sourceHashes[source.name] = results[plan.count + index]!.sha256
    }
    return WrittenCheckpoint(
      tensors: tensors, sourceHashes: sourceHashes,
      files: layout.shards.map(\.fileName) + (layout.index == nil ? [] : [layout.indexFileName]),
      resumedByteCount: resumedByteCount.load(ordering: .relaxed))
  }
}
