internal import Files
internal import Foundation
package import Tensors

/// The questions of an evaluation, from rows in JARVIS-VLA's public layout: JSON lines and Parquet.
///
///     let set = try QuestionSet(["mc-knowledge-valid.jsonl"], QuestionSet.Options())
///     set.questions[0].text         // what is asked
///     set.refused                   // rows that cannot be asked, and why
///
/// | column | what it is |
/// |---|---|
/// | `id` | text, no two alike |
/// | `label` | text or list of texts: what it is about |
/// | `conversations` | turns `{role, content}`; each answer of the assistant is the truth to what the user said before it |
/// | `image` | path or list of paths, below the file's folder or `imageRoot` |
/// | `image_bytes` | in Parquet, the pictures themselves |
/// | `source` | `points` and `bbox` add to a truth that is a place, or are it where there is no answer |
/// | `options` | list of texts, where the question does not list them on lines of their own |
///
/// Items of `content` are `text`, `image`, `point` and `bbox`, the numbers of the latter in percent.
package struct QuestionSet: Sendable {
  package struct Options: Sendable {
    /// Where pictures are; by default the folder of each file.
    package var imageRoot: String?
    package var sourceScale = SourceScale.percent
    /// Rows with any of these alone; all, where there are none.
    package var labels: [String] = []
    /// So many rows of those, the first.
    package var limit: Int?

    package init() {}
  }

  package let files: [String]
  package let questions: [Question]
  package let refused: [RefusedQuestion]
  /// Rows of the files, asked for or not.
  package let rows: Int
  package let notices: [Notice]

  /// - Throws: `jarvis.question` errors with file and row; what reading the files throws.
  package init(_ files: [String], _ options: Options) throws(VLMError) {
    if let root = options.imageRoot {
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: root, isDirectory: &isFolder), isFolder.boolValue else {
        throw VLMError(.fileNotFound, "there is no such folder of pictures", file: root, remedy: NearestNames.suggestion(forPath: root))
      }
    }
    var (rows, notices): ([(row: QuestionRow, id: String, labels: [String])], [Notice]) = ([], [])
    var places: [String: String] = [:]
    for file in files {
      let found = try QuestionRow.all(in: file)
      guard !found.isEmpty else { throw VLMError(.questionFile, "there is no row in it", file: file, remedy: "give questions") }
      for row in found {
        let id = try QuestionReader.id(row)
        if let other = places.updateValue("\(file), \(row.place)", forKey: id) {
          throw VLMError(
            .questionTwice, "the id \(id) is there twice: \(other), too", file: file, tensor: row.place, remedy: "give each row its own")
        }
        rows.append((row, id, try QuestionReader.labels(row)))
      }
    }
    self.rows = rows.count
    if !options.labels.isEmpty { rows = try Self.labelled(rows, options.labels, files[0], &notices) }
    if let limit = options.limit, limit < rows.count {
      notices.append(Notice(.note, "the first \(limit) of \(rows.count) rows are asked", file: files[0]))
      rows.removeLast(rows.count - limit)
    }
    let reader = QuestionReader(imageRoot: options.imageRoot, sourceScale: options.sourceScale)
    let chosen = rows
    let outcomes = try Parallel.map(chosen.count) { (index) throws(VLMError) in
      try reader.read(chosen[index].row, id: chosen[index].id, labels: chosen[index].labels)
    }
    var (questions, refused): ([Question], [RefusedQuestion]) = ([], [])
    var remarks: [QuestionReader.Remark: [String]] = [:]
    for outcome in outcomes {
      switch outcome {
      case .questions(let asked, let remarked):
        questions += asked
        for remark in remarked { remarks[remark, default: []].append(asked[0].row) }
      case .refused(let row): refused.append(row)
      }
    }
    var ids: Set<String> = []
    if let twice = questions.first(where: { !ids.insert($0.id).inserted }) {
      throw VLMError(
        .questionTwice, "the id \(twice.id) is that of a row, and of what another row asks later", file: twice.file, tensor: twice.place,
        remedy: "give the row another")
    }
    if let first = refused.first {
      guard !questions.isEmpty else {
        throw VLMError(
          .questionFile, "none of \(refused.count) rows can be asked; the first, \(first.id), since \(first.reason)", file: first.file,
          tensor: first.place, remedy: "see --image-root, and the layout in --help")
      }
      notices.append(
        Notice(
          .warning, "\(refused.count) of \(rows.count) rows cannot be asked and are left out; the first, \(first.place) (\(first.id)), since \(first.reason)",
          file: first.file, remedy: "--json lists them"))
    }
    (self.files, self.questions, self.refused) = (files, questions, refused)
    self.notices = notices + Self.notices(questions, remarks)
  }

  private static func labelled(
    _ rows: [(row: QuestionRow, id: String, labels: [String])], _ wanted: [String], _ file: String, _ notices: inout [Notice]
  ) throws(VLMError) -> [(row: QuestionRow, id: String, labels: [String])] {
    let all = Set(rows.flatMap(\.labels))
    for label in wanted where !all.contains(label) {
      throw VLMError(
        .questionFile, "no row has the label \"\(label)\"", file: file,
        remedy: NearestNames.suggestion(for: label, among: all)
          ?? (all.isEmpty ? "no row has any" : "labels are \(listed(all.sorted(), most: 8))"))
    }
    let kept = rows.filter { !Set(wanted).isDisjoint(with: $0.labels) }
    notices.append(Notice(.note, "\(kept.count) of \(rows.count) rows have the label \(listed(wanted))", file: file))
    return kept
  }

  /// Rows that ask several things, and truths that an exact match says little about.
  private static func notices(_ questions: [Question], _ remarks: [QuestionReader.Remark: [String]]) -> [Notice] {
    var notices: [Notice] = []
    let more = questions.filter { $0.id != $0.row }
    if let first = more.first {
      notices.append(
        Notice(
          .note,
          "\(Set(more.map(\.row)).count) rows ask more than once, \(first.row) first; each question is asked after the true answers "
            + "to those before it, and its id ends in #2, #3 and so on", file: first.file))
    }
    if let rows = remarks[.sourceUnread] {
      notices.append(
        Notice(
          .warning, "source of \(rows.count) rows, \(rows[0]) first, is not read: they ask more than once, and it does not say which is meant",
          file: questions[0].file, remedy: "give places in the assistant's turns, as items of type point or bbox"))
    }
    if let rows = remarks[.unanswered] {
      notices.append(
        Notice(.note, "what \(rows.count) rows, \(rows[0]) first, ask last has no answer there, and is not asked", file: questions[0].file))
    }
    let long = questions.filter { question in
      if case .words(let truth) = question.truth { question.options.isEmpty && truth.count > 80 } else { false }
    }
    if let first = long.first {
      notices.append(
        Notice(
          .warning,
          "\(long.count) of \(questions.count) questions have neither options nor a short truth, so that hardly any answer equals it; the first is \(first.id)",
          file: first.file, remedy: "judge these by other means; --answers writes what was said"))
    }
    return notices
  }
}
