internal import Files
internal import Images
internal import Tensors

/// Labelled images: whether one shows nothing, and whether two are the same.
struct ImageExamination {
  /// By the pixels' hash.
  private var known: [String: [(name: String, labels: [Double])]] = [:]
  private var blank: [String] = []
  private(set) var count = 0

  mutating func add(
    _ image: Int, _ contents: EpisodeDescription, of source: any DemonstrationSource
  ) throws(VLMError) {
    let name = source.name(of: image)
    var labels: [Double] = []
    for values in contents.values where values.role.isLabel { labels += try source.values(values, of: image) }
    for camera in contents.cameras {
      for picture in try source.frames(camera, rows: [0], of: image) {
        count += 1
        if FrameDefects.showsNothing([picture]) != nil { blank.append(name) }
        let hash = SHA256()
        hash.update("\(picture.width) \(picture.height)\n")
        picture.pixels.withUnsafeBytes { hash.update($0) }
        known[hash.finish(), default: []].append((name, labels))
      }
    }
  }

  var findings: [DataFinding] {
    var findings: [DataFinding] = []
    if let first = blank.first {
      findings.append(
        DataFinding(
          "blank", .odd, "Images that are of a single colour: \(blank.count) of \(count), the first \(first).",
          episodes: blank, remedy: "leave them out with --exclude"))
    }
    let twice = known.values.filter { $0.count > 1 }.sorted { $0[0].name < $1[0].name }
    let alike = twice.filter { group in group.allSatisfy { $0.labels == group[0].labels } }
    if let first = alike.first {
      findings.append(
        DataFinding(
          "duplicate", .wrong,
          "\(alike.reduce(0) { $0 + $1.count }) images are \(alike.count), pixel for pixel and labelled alike: "
            + "\(list(first.map(\.name))). One would be trained on and the other tested with.",
          episodes: alike.flatMap { $0.map(\.name) }, remedy: "keep one of each (--exclude)"))
    }
    let unlike = twice.filter { group in !group.allSatisfy { $0.labels == group[0].labels } }
    if let first = unlike.first {
      findings.append(
        DataFinding(
          "ambiguous", .odd,
          "\(unlike.reduce(0) { $0 + $1.count }) images are \(unlike.count), pixel for pixel, but labelled differently: "
            + "\(list(first.map(\.name))). Nothing in them can tell these labels apart.",
          episodes: unlike.flatMap { $0.map(\.name) }))
    }
    return findings
  }
}
