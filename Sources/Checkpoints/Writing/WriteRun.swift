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
  static let writersPerThread = 2

  private let plan: [PlannedTensor]
  private let sources: [SourceTensor]
  let layout: FileLayout
  private let jobs: [Job]
  private let files: [OutputFile]
  private let journal: WriteJournal?
  private let writeback: Writeback?
  private let meter: ProgressMeter
  /// For each planned tensor its file and offset.
  private let places: [(file: Int, offset: Int)]
  private let results: Mutex<[Int: TensorWriter.Hashes]> = Mutex([:])
  private let hasFailed = Atomic<Bool>(false)
  private let resumedByteCount = Atomic<Int>(0)

  /// - Parameter share: the jobs of this run; `nil`: all.
  init(
    plan: [PlannedTensor], sources: [SourceTensor], share: Share?, layout: FileLayout, files: [OutputFile],
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
      for placed in file.offsets { places[placed.index] = (number, placed.offset) }
    }
    self.places = places
    let all =
      (plan.indices.map { Job(number: $0, byteCount: plan[$0].descriptor.byteCount) }
      + sources.indices.map { Job(number: plan.count + $0, byteCount: sources[$0].byteCount) })
      .sorted { ($1.byteCount, $0.number) < ($0.byteCount, $1.number) }
    // By turns, so that shares are alike.
    let jobs = share.map { share in all.indices.filter(share.has).map { all[$0] } } ?? all
    self.jobs = jobs
    meter = ProgressMeter(
      activity: "writing", total: jobs.reduce(0) { $0 + $1.byteCount },
      shown: jobs.reduce(0) { $0 + ($1.number < plan.count ? $1.byteCount : 0) }, handler: progress)
  }

  func run(threads: Int) throws(VLMError) {
    let memory = TensorWriter.Memory(plan)
    let next = Atomic<Int>(0)
    let workers = max(1, min(threads, jobs.count))
    let writersOfThread = min(Self.writersPerThread, (jobs.count + workers - 1) / workers)
    _ = try Parallel.map(workers, threads: workers) { (_) throws(VLMError) in
      let writers = (0..<writersOfThread).map { _ in TensorWriter(memory) }
      do throws(VLMError) {
        while !hasFailed.load(ordering: .relaxed) {
          for writer in writers {
            while writer.isIdle {
              let position = next.wrappingAdd(1, ordering: .relaxed).oldValue
              guard position < jobs.count else { break }
              try begin(jobs[position].number, in: writer)
            }
          }
          let busy = writers.filter { !$0.isIdle }
          if busy.isEmpty { return }
          try advance(busy)
        }
      } catch {
        hasFailed.store(true, ordering: .relaxed)
        throw error
      }
    }
    meter.finish()
  }

  /// Starts a job, unless an interrupted run finished it.
  private func begin(_ number: Int, in writer: TensorWriter) throws(VLMError) {
    if try takeOver(number, writer) { return }
    if number < plan.count {
      let place = places[number]
      writer.begin(number, plan[number], to: files[place.file], at: place.offset)
    } else {
      writer.begin(number, sources[number - plan.count])
    }
  }

  /// Makes, hashes and writes the next slice of each writer.
  private func advance(_ writers: [TensorWriter]) throws(VLMError) {
    for writer in writers { try writer.make() }
    SHA256.update(writers.flatMap(\.unhashed))
    for writer in writers {
      let byteCount = try writer.write()
      meter.add(byteCount)
      writeback?.note(byteCount)
      guard let (number, hashes) = writer.finish() else { continue }
      try journal?.finish(number, sha256: hashes.result, sourceSHA256: hashes.source)
      results.withLock { $0[number] = hashes }
    }
  }

  /// Takes over what an interrupted run finished; whether there was such a thing.
  private func takeOver(_ number: Int, _ writer: TensorWriter) throws(VLMError) -> Bool {
    guard let journal, let entry = journal.finished[number] else { return false }
    let byteCount: Int
    if number < plan.count {
      byteCount = plan[number].descriptor.byteCount
      let place = places[number]
      if entry.needsCheck {
        let range = place.offset..<place.offset + byteCount
        guard try writer.hash(files[place.file], range) == entry.sha256 else { return false }
      }
      resumedByteCount.wrappingAdd(byteCount, ordering: .relaxed)
    } else {
      byteCount = sources[number - plan.count].byteCount
    }
    if entry.needsCheck { try journal.finish(number, sha256: entry.sha256, sourceSHA256: entry.sourceSHA256) }
    meter.add(byteCount)
    results.withLock { $0[number] = TensorWriter.Hashes(result: entry.sha256, source: entry.sourceSHA256) }
    return true
  }

  /// What a run of a share has done.
  var share: WrittenShare {
    let tensors = jobs.filter { $0.number < plan.count }
    return WrittenShare(
      tensors: tensors.count, byteCount: tensors.reduce(0) { $0 + $1.byteCount },
      resumedByteCount: resumedByteCount.load(ordering: .relaxed))
  }

  /// What a run of all jobs wrote.
  func written() -> WrittenCheckpoint {
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
