internal import Foundation
package import Images
package import Tensors

/// What is in recorded demonstrations, what would be taken of them, and what is wrong with them.
package struct DataInspection: Sendable, Encodable {
  package struct Task: Sendable, Encodable {
    package let instruction: String
    package let episodes: Int
    package let rows: Int
  }

  package struct Camera: Sendable, Encodable {
    package let name: String
    package let height: Int
    package let width: Int
    package let isChosen: Bool
  }

  package struct Values: Sendable, Encodable {
    /// As `--target` has it where it is an observation.
    package let name: String
    package let role: String
    package let columns: [String]
  }

  package struct Decision: Sendable, Encodable {
    package let value: String
    package let evidence: String
  }

  package struct Target: Sendable, Encodable {
    package let id: String
    package let title: String
    /// Whether it is probed when nothing is named.
    package let isDefault: Bool
    /// Why it cannot be; `nil` when it can.
    package let lacks: String?

    package init(id: String, title: String, isDefault: Bool, lacks: String?) {
      (self.id, self.title, self.isDefault, self.lacks) = (id, title, isDefault, lacks)
    }
  }

  package let path: String
  package let format: String
  package let files: Int
  package let episodes: Int
  package let rows: Int
  /// Rows a second, where the recording says.
  package let rate: Double?
  /// Of labelled images, which of them these are; `nil` for demonstrations.
  package let sampling: String?
  package let tasks: [Task]
  package let cameras: [Camera]
  package let values: [Values]
  /// What stands in the recording and is neither frames nor numbers of rows.
  package let unused: [String]
  package let camera: Decision?
  package let orientation: Decision?
  package let rowLag: Decision?
  package let targets: [Target]
  /// Why nothing can be probed as it is; `nil` when something can.
  package let obstacle: String?
  /// What speaks for frames and rows belonging together.
  package let evidence: [String]
  package let framesExamined: Int
  package let findings: [DataFinding]

  /// Whether nothing was found that makes results wrong.
  package var isSound: Bool { !findings.contains { $0.gravity == .wrong } }

  /// Reads all numbers and some frames of what lies at `path`.
  ///
  /// - Parameters:
  ///   - targets: what can be probed for.
  ///   - wantsSheet: whether to make a contact sheet.
  /// - Throws: what keeps the recording from being opened at all, or from being read on this machine; whatever is wrong with one demonstration is a finding.
  package static func run(
    _ path: String, options: DemonstrationOptions, wantsSheet: Bool = false,
    targets: (Demonstrations) -> [Target], progress: ProgressHandler? = nil
  ) throws -> (inspection: DataInspection, sheet: RGBImage?) {
    let place = try DatasetPlace(path)
    let format = try DemonstrationFormat.claiming(place)
    return try run(
      format.open(place, DemonstrationReading(options)), format: format.title, options: options,
      wantsSheet: wantsSheet, targets: targets,
      progress: progress)
  }

  package static func run(
    _ source: any DemonstrationSource, format: String, options: DemonstrationOptions,
    wantsSheet: Bool = false,
    targets: (Demonstrations) -> [Target], progress: ProgressHandler? = nil
  ) throws -> (inspection: DataInspection, sheet: RGBImage?) {
    let recording = source
    let source: any DemonstrationSource =
      options.exchangesRedAndBlue ? RedAndBlueExchanged(base: source) : source
    var findings: [DataFinding] = []
    var damaged: [(name: String, error: VLMError)] = []
    var odd: [(name: String, sentence: String)] = []
    var usable: [(index: Int, contents: EpisodeDescription)] = []
    var examination = ValueExamination()
    var lacking = source.episodes.indices.filter { source.episodes[$0].lacks != nil }
      .map { (name: source.name(of: $0), lacks: source.episodes[$0].lacks!) }
    for (index, episode) in source.episodes.enumerated() where episode.lacks == nil {
      do throws(VLMError) {
        let contents = try source.describe(index)
        try examination.add(index, contents, of: source)
        odd += try source.examine(index).map { (source.name(of: index), $0) }
        if let lacks = contents.lacksInstruction { lacking.append((source.name(of: index), lacks)) }
        usable.append((index, contents))
      } catch {
        guard error.isDamage else { throw error }
        damaged.append((source.name(of: index), error))
      }
      progress?(
        ProgressReport(
          activity: "reading demonstrations", completed: index + 1, total: source.episodes.count, unit: .steps
        ))
    }

    var demonstrations: Demonstrations?
    var obstacle: String?
    do throws(VLMError) {
      var options = options
      options.excluded += damaged.map(\.name).filter { name in !options.excluded.contains(name) }
      demonstrations = try Demonstrations(recording, options: options)
    } catch {
      guard error.isDamage else { throw error }
      obstacle = usable.isEmpty ? "no demonstration can be read" : error.description
    }

    let cameras = usable.first?.contents.cameras ?? []
    let inUse =
      demonstrations?.cameras.map { (name: $0.name, orientation: $0.orientation.value) }
      ?? cameras.prefix(1).map { ($0.name, .asStored) }
    var framesExamined = 0
    var seen: (findings: [DataFinding], evidence: [String]) = ([], [])
    var images = ImageExamination()
    var sheet = wantsSheet ? ContactSheet() : nil
    for (camera, orientation) in source.isOfImages ? [] : inUse {
      var frames = FrameExamination()
      let dense = Set(spread(usable.count, FrameExamination.dense.episodes))
      let sparse = dense.union(spread(usable.count, FrameExamination.sparse))
      for (done, place) in sparse.sorted().enumerated() {
        let (index, contents) = usable[place]
        guard let recorded = contents.cameras.first(where: { $0.name == camera }) else { continue }
        do throws(VLMError) {
          try frames.add(
            index, contents, camera: recorded,
            around: dense.contains(place) ? [index - 1, index, index + 1] : nil,
            of: source, upright: orientation)
          if dense.contains(place) {
            try sheet?.add(index, contents, camera: recorded, of: source, upright: orientation)
          }
        } catch {
          guard error.isDamage else { throw error }
          damaged.append((source.name(of: index), error))
        }
        progress?(
          ProgressReport(
            activity: "looking at frames", completed: done + 1, total: sparse.count, unit: .steps))
      }
      let found = frames.findings(camera: camera)
      seen.findings += found.findings
      seen.evidence += found.evidence
      framesExamined += frames.frames
    }

    if source.isOfImages {
      for (done, (index, contents)) in usable.enumerated() {
        do throws(VLMError) {
          try images.add(index, contents, of: source)
          try sheet?.add(index, contents, camera: contents.cameras[0], of: source, upright: .asStored)
        } catch { damaged.append((source.name(of: index), error)) }
        progress?(
          ProgressReport(
            activity: "looking at images", completed: done + 1, total: usable.count, unit: .steps))
      }
    }
    if let first = source.damaged.first {
      findings.append(
        DataFinding(
          "damaged", .wrong,
          "\(source.damaged.count) files are left out as a whole: \(first.file): \(first.place) lacks \(first.lacks)."
        ))
    }
    if let first = damaged.first {
      findings.append(
        DataFinding(
          "damaged", .wrong, "\(counted(damaged.count, source)) cannot be read: \(first.error.description)",
          episodes: damaged.map(\.name),
          remedy: first.error.remedy == nil ? "leave them out with --exclude" : nil))
    }
    if let first = lacking.first {
      findings.append(
        DataFinding(
          "lacking", .odd,
          "Of \(counted(source.episodes.count, source)), \(lacking.count) are left out: \(first.name) lacks \(first.lacks).",
          episodes: lacking.map(\.name),
          remedy: first.lacks.contains("instruction") ? "say what the robot is told with --instruction" : nil)
      )
    }
    findings += examination.findings
    if let first = odd.first {
      findings.append(
        DataFinding(
          "irregular", .wrong, "\(first.name): \(first.sentence)", episodes: odd.map(\.name),
          remedy: "convert the recording again"))
    }
    findings += seen.findings + images.findings
    if let finding = Self.lagFinding(demonstrations, source, usable) { findings.append(finding) }

    let tasks =
      source.isOfImages ? [:] : Dictionary(grouping: usable, by: \.contents.instruction.value)
    let chosen = Set(demonstrations?.cameras.map(\.name) ?? [])
    let known = Set(
      usable.first.map { $0.contents.values.map(\.name) + $0.contents.cameras.map(\.name) } ?? [])
    return (
      DataInspection(
        path: source.path, format: format, files: source.files.count, episodes: source.episodes.count,
        rows: usable.reduce(0) { $0 + $1.contents.length }, rate: source.rate,
        sampling: source.isOfImages ? source.sampling : nil,
        tasks: tasks.keys.sorted().map { task in
          Task(
            instruction: task, episodes: tasks[task]!.count,
            rows: tasks[task]!.reduce(0) { $0 + $1.contents.length })
        },
        cameras: cameras.map {
          Camera(
            name: $0.name, height: $0.height, width: $0.width,
            isChosen: chosen.contains($0.name))
        },
        values: usable.first?.contents.values.map {
          Values(
            name: $0.role.isObservation ? "obs/\($0.name)" : $0.name, role: "\($0.role)", columns: $0.columns)
        } ?? [],
        unused: usable.first?.contents.names.filter { !known.contains($0) } ?? [],
        camera: demonstrations.map { Decision(value: $0.camera.value, evidence: $0.camera.evidence) },
        orientation: demonstrations.map {
          Decision(value: $0.orientation.value.rawValue, evidence: $0.orientation.evidence)
        },
        rowLag: demonstrations.map { Decision(value: "\($0.rowLag.rows)", evidence: $0.rowLag.evidence) },
        targets: demonstrations.map(targets) ?? [], obstacle: obstacle, evidence: seen.evidence,
        framesExamined: framesExamined + images.count, findings: findings),
      try sheet?.picture()
    )
  }

  private static func counted(_ count: Int, _ source: any DemonstrationSource) -> String {
    "\(count) \(source.isOfImages ? "image" : "demonstration")\(count == 1 ? "" : "s")"
  }

  /// At most `limit` of `0..<count`, evenly.
  private static func spread(_ count: Int, _ limit: Int) -> [Int] {
    FrameSelection.rows(available: count, stride: 1, limit: limit)
  }

  /// Where the states say another lag than is used.
  private static func lagFinding(
    _ demonstrations: Demonstrations?, _ source: any DemonstrationSource,
    _ usable: [(index: Int, contents: EpisodeDescription)]
  ) -> DataFinding? {
    guard let used = demonstrations?.rowLag,
      let measured = try? RowLag.measured(usable, source, byStatesOnly: true), measured.rows != used.rows
    else { return nil }
    return DataFinding(
      "lag", .wrong,
      "States run \(measured.rows) row\(measured.rows == 1 ? "" : "s") ahead of the frames by the numbers, for \(measured.evidence); \(used.rows) is used, for "
        + "\(used.evidence).", remedy: "set --lag \(measured.rows) if the numbers are right")
  }
}
