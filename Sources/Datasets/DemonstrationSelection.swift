internal import Foundation
internal import Tensors

/// A demonstration that is not used without anybody having asked for that, and why.
package struct LeftOut: Sendable, Equatable {
  package let file: String
  /// `/data/demo_3`.
  package let place: String
  /// What it lacks.
  package let lacks: String
}

extension LeftOut {
  /// A whole file that cannot be read.
  init(damaged file: String, _ error: VLMError) {
    self.init(file: file, place: error.tensor ?? "/", lacks: "soundness: \(error.message)")
  }
}

/// Which demonstrations of a source are taken.
struct DemonstrationSelection {
  typealias Selected = (index: Int, contents: EpisodeDescription)

  /// In the order of the source.
  private(set) var episodes: [Selected] = []
  private(set) var leftOut: [LeftOut] = []

  /// Those that the mask keeps, that were asked for and that nobody excluded. One without actions is left out; so is one without
  /// states where others have them, since it would take the ceiling, and with it the verdict, from all.
  init(_ source: any DemonstrationSource, options: DemonstrationOptions) throws(VLMError) {
    var part: Set<Int>?
    if let mask = options.mask { part = try source.part(named: mask) }
    leftOut = source.damaged
    func leaveOut(_ index: Int, lacks: String) {
      let episode = source.episodes[index]
      leftOut.append(LeftOut(file: source.files[episode.file], place: episode.place, lacks: lacks))
    }
    let excluded = try Self.places(options.excluded, in: source, counted: false, to: "exclude")
    let included =
      options.included.isEmpty
      ? nil : try Self.places(options.included, in: source, counted: true, to: "take")
    for (index, episode) in source.episodes.enumerated()
    where part?.contains(index) ?? true && included?.contains(index) ?? true && !excluded.contains(index) {
      if let lacks = episode.lacks {
        leaveOut(index, lacks: lacks)
        continue
      }
      do throws(VLMError) {
        var contents = try source.describe(index)
        if options.skipsDamaged {
          for values in contents.values { _ = try source.values(values, of: index) }
        }
        if let instruction = options.instruction {
          contents.instruction = Chosen(instruction, "set by --instruction")
        } else if let lacks = contents.lacksInstruction {
          leaveOut(index, lacks: lacks)
          continue
        }
        episodes.append((index, contents))
      } catch {
        guard options.skipsDamaged, error.isDamage else { throw error }
        leaveOut(index, lacks: "soundness: \(error.message)")
      }
    }
    try keep(tasks: options.tasks, source)
    let hasStates = { (episode: Selected) in episode.contents.values(.simulatorState) != nil }
    if episodes.contains(where: hasStates) {
      for episode in episodes where !hasStates(episode) {
        leaveOut(episode.index, lacks: "states, which others have")
      }
      episodes.removeAll { !hasStates($0) }
    }
    guard !episodes.isEmpty else {
      throw VLMError(
        .datasetEmpty, "there is no demonstration in it", file: source.path,
        remedy: "check the path, the mask and what is excluded")
    }
  }

  /// The places that `names` mean: `demo_3`, `FILE:demo_3`; where they may be counted, `7` and `0:50` too.
  private static func places(
    _ names: [String], in source: any DemonstrationSource, counted: Bool, to verb: String
  ) throws(VLMError) -> Set<Int> {
    var places: Set<Int> = []
    let spellings = source.episodes.map { $0.spellings(in: source.files) }
    for name in names {
      let found = spellings.indices.filter { spellings[$0].contains(name) }
      let ends = name.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
      if !found.isEmpty {
        places.formUnion(found)
      } else if counted, ends.count <= 2, let first = ends[0],
        let end = ends.count == 1 ? first + 1 : ends[1],
        0 <= first, first < end, end <= source.episodes.count
      {
        places.formUnion(first..<end)
      } else {
        throw VLMError(
          .datasetMask, "there is no demonstration \(name) to \(verb)", file: source.path,
          remedy: "write demo_3, or FILE:demo_3 for one of several files"
            + (counted ? ", or 0:50 of 0:\(source.episodes.count)" : ""))
      }
    }
    return places
  }

  /// Those that are told one of `tasks`.
  private mutating func keep(tasks: [String], _ source: any DemonstrationSource) throws(VLMError) {
    guard !tasks.isEmpty else { return }
    let known = Set(episodes.map(\.contents.instruction.value)).sorted()
    var kept: Set<String> = []
    for task in tasks {
      let found = known.contains(task) ? [task] : known.filter { $0.lowercased().contains(task.lowercased()) }
      guard found.count == 1 else {
        throw VLMError(
          .datasetOption,
          found.isEmpty ? "there is no task \(task)" : "\(task) may be \(found.joined(separator: " or "))",
          file: source.path, remedy: "tasks in it: \(list(known))")
      }
      kept.insert(found[0])
    }
    episodes.removeAll { !kept.contains($0.contents.instruction.value) }
  }

  /// At most `limit`, as many of each task as its share, evenly over the recording.
  ///
  /// - Returns: how many there were.
  mutating func thin(to limit: Int) -> Int {
    let all = episodes
    guard all.count > limit else { return all.count }
    let tasks = Dictionary(grouping: all.indices, by: { all[$0].contents.instruction.value })
    var kept: Set<Int> = []
    for (_, places) in tasks {
      let share = max(1, places.count * limit / all.count)
      kept.formUnion(FrameSelection.rows(available: places.count, stride: 1, limit: share).map { places[$0] })
    }
    episodes = kept.sorted().map { all[$0] }
    return all.count
  }

  /// Without those of which a frame that is used cannot be read.
  ///
  /// - Throws: what is no fault of the recording.
  mutating func removeDamaged(
    _ source: any DemonstrationSource, camera: String, rows: @Sendable (EpisodeDescription) -> [Int]
  ) throws(VLMError) {
    let all = episodes
    let errors = Parallel.map(all.count) { place -> VLMError? in
      let (index, contents) = all[place]
      guard let recorded = contents.cameras.first(where: { $0.name == camera }) else { return nil }
      do throws(VLMError) {
        _ = try source.frames(recorded, rows: rows(contents), of: index)
        return nil
      } catch { return error }
    }
    if let other = errors.lazy.compactMap({ $0 }).first(where: { !$0.isDamage }) { throw other }
    episodes = []
    for (episode, error) in zip(all, errors) {
      let recorded = source.episodes[episode.index]
      if let error {
        leftOut.append(
          LeftOut(
            file: source.files[recorded.file], place: recorded.place, lacks: "soundness: \(error.message)"))
      } else {
        episodes.append(episode)
      }
    }
  }

  /// With what is added to each description.
  mutating func describe(_ added: (EpisodeDescription) -> EpisodeDescription) {
    for place in episodes.indices { episodes[place].contents = added(episodes[place].contents) }
  }

  /// The first `limit` of every task, where there is a limit.
  mutating func limit(toEpisodesOfTask limit: Int?) {
    guard let limit else { return }
    var taken: [String: Int] = [:]
    episodes.removeAll { episode in
      taken[episode.contents.instruction.value, default: 0] += 1
      return taken[episode.contents.instruction.value]! > limit
    }
  }

  /// Names of observations that all have with one width, sorted.
  var sharedObservations: [String] {
    var widths: [String: Int]?
    for (_, contents) in episodes {
      let here = Dictionary(
        contents.values.filter(\.role.isObservation).map { ($0.name, $0.width) },
        uniquingKeysWith: { first, _ in first })
      widths = widths?.filter { here[$0.key] == $0.value } ?? here
    }
    return (widths ?? [:]).keys.sorted()
  }
}

extension RecordedEpisode {
  /// What a user may call it: `demo_3`, and `FILE:demo_3` for one of several files.
  func spellings(in files: [String]) -> [String] {
    [name, "\(URL(filePath: files[file]).lastPathComponent):\(name)"]
  }
}

extension DemonstrationSource {
  /// What a user may call an episode so that no other is meant.
  func name(of episode: Int) -> String {
    let spellings = episodes[episode].spellings(in: files)
    return files.count > 1 ? spellings.last! : spellings[0]
  }
}
