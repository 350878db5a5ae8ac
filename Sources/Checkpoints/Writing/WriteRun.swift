internal import Files
internal import Synchronization
internal import Tensors

/// The jobs of one write, shared by its threads.
///
/// A job is one tensor: its slices are made, hashed and written in order by one thread, through buffers that the
/// thread keeps. Each thread drives two jobs in step, so that there are messages enough to hash at once. The largest
/// jobs go first, so that threads end together.
final class WriteRun: Sendable {
  private struct Job: Sendable {
    let number: Int
    let byteCount: Int
  }

  /// Jobs that a thread has under way at once. With two, a quantizing thread has four messages to hash.
  static let lanesPerThread = 2

  private let plan: [PlannedTensor]
  private let sources: [SourceTensor]
  private let layout: FileLayout
  private let files: [OutputFile]
  private let journal: WriteJournal?
  private let writeback: Writeback?
  private let meter: ProgressMeter
  /// For each planned tensor its file and offset.
  private let places: [(file: Int, offset: Int)]
  private let results: Mutex<[Int: WriteLane.Hashes]> = Mutex([:])
  private let hasFailed = Atomic<Bool>(false)
  private let resumedByteCount = Atomic<Int>(0)

  init(
    plan: [PlannedTensor], sources: [SourceTensor], layout: FileLayout, files: [OutputFile],
    journal: WriteJournal?, progress: ProgressHandler?
  ) {
    self.plan = plan
    self.sources = sources
    self.layout = layout
    self.files = files
    self.journal = journal
    // Small outputs are with the disk soon enough.
    writeback = layout.files.contains { $0.byteCount > Writeback.stride } ? Writeback(files) : nil
    var places = [(file: Int, offset: Int)](repeating: (0, 0), count: plan.count)
    for (number, file) in layout.files.enumerated() {
      for placement in file.placements { places[placement.index] = (number, placement.offset) }
    }
    self.places = places
    let written = plan.reduce(0) { $0 + $1.descriptor.byteCount }
    meter = ProgressMeter(
      activity: "writing", total: written + sources.reduce(0) { $0 + $1.byteCount }, shown: written,
      handler: progress)
  }

  func run(threads: Int) throws(VLMError) -> WrittenCheckpoint {
    let jobs =
      (plan.indices.map { Job(number: $0, byteCount: plan[$0].descriptor.byteCount) }
      + sources.indices.map { Job(number: plan.count + $0, byteCount: sources[$0].byteCount) })
      .sorted { ($1.byteCount, $0.number) < ($0.byteCount, $1.number) }
    let memory = WriteLane.Memory(plan)
    let next = Atomic<Int>(0)
    let workers = max(1, min(threads, jobs.count))
    let lanesOfWorker = min(Self.lanesPerThread, (jobs.count + workers - 1) / workers)
    _ = try Parallel.map(workers, threads: workers) { (_) throws(VLMError) in
      let lanes = (0..<lanesOfWorker).map { _ in WriteLane(memory) }
      do throws(VLMError) {
        while !hasFailed.load(ordering: .relaxed) {
          for lane in lanes {
            while lane.isIdle {
              let position = next.wrappingAdd(1, ordering: .relaxed).oldValue
              guard position < jobs.count else { break }
              try begin(jobs[position].number, in: lane)
            }
          }
          let busy = lanes.filter { !$0.isIdle }
          if busy.isEmpty { return }
          try advance(busy)
        }
      } catch {
        hasFailed.store(true, ordering: .relaxed)
        throw error
      }
    }
    meter.finish()
    return written()
  }

  /// Starts a job, unless an interrupted run finished it.
  private func begin(_ number: Int, in lane: WriteLane) throws(VLMError) {
    if try takeOver(number, lane) { return }
    if number < plan.count {
      let place = places[number]
      lane.begin(number, plan[number], to: files[place.file], at: place.offset)
    } else {
      lane.begin(number, sources[number - plan.count])
    }
  }

  /// Makes, hashes and writes the next slice of each lane.
  private func advance(_ lanes: [WriteLane]) throws(VLMError) {
    for lane in lanes { try lane.make() }
    SHA256.update(lanes.flatMap(\.unhashed))
    for lane in lanes {
      let byteCount = try lane.write()
      meter.add(byteCount)
      writeback?.note(byteCount)
      guard let (number, hashes) = lane.finish() else { continue }
      try journal?.finish(number, sha256: hashes.result, sourceSHA256: hashes.source)
      results.withLock { $0[number] = hashes }
    }
  }

  /// Takes over what an interrupted run finished; whether there was such a thing.
  private func takeOver(_ number: Int, _ lane: WriteLane) throws(VLMError) -> Bool {
    guard let journal, let entry = journal.finished[number] else { return false }
    let byteCount: Int
    if number < plan.count {
      byteCount = plan[number].descriptor.byteCount
      let place = places[number]
      if entry.needsCheck {
        let range = place.offset..<place.offset + byteCount
        guard try lane.hash(files[place.file], range) == entry.sha256 else { return false }
      }
    } else {
      byteCount = sources[number - plan.count].byteCount
    }
    if entry.needsCheck { try journal.finish(number, sha256: entry.sha256, sourceSHA256: entry.sourceSHA256) }
    resumedByteCount.wrappingAdd(byteCount, ordering: .relaxed)
    meter.add(byteCount)
    results.withLock { $0[number] = WriteLane.Hashes(result: entry.sha256, source: entry.sourceSHA256) }
    return true
  }

  private func written() -> WrittenCheckpoint {
    let results = results.withLock { $0 }
    let tensors = plan.indices.map { number in
      WrittenCheckpoint.Tensor(
        name: plan[number].descriptor.name, file: layout.files[places[number].file].name,
        offset: places[number].offset, byteCount: plan[number].descriptor.byteCount,
        sha256: results[number]!.result, sourceSHA256: results[number]!.source)
    }
    var sourceHashes: [String: String] = [:]
    for (index, source) in sources.enumerated() {
      sourceHashes[source.name] = results[plan.count + index]!.result
    }
    return WrittenCheckpoint(
      tensors: tensors, sourceHashes: sourceHashes,
      files: layout.files.map(\.name) + [layout.index?.name].compactMap(\.self),
      resumedByteCount: resumedByteCount.load(ordering: .relaxed))
  }
}
