internal import Files
internal import Grounding
internal import Tensors

/// Makes a question of a row, in the layout of JARVIS-VLA's public data.
struct QuestionReader {
  /// Where pictures are; by default the folder of the row's file.
  let imageRoot: String?
  /// What the numbers of `source.points` and `source.bbox` count.
  let sourceScale: SourceScale

  enum Outcome: Sendable {
    case question(Question)
    case refused(RefusedQuestion)
  }

  /// - Throws: `jarvis.question.malformed` for a row that lacks something; `jarvis.question.picture`.
  func read(_ row: QuestionRow, id: String, labels: [String]) throws(VLMError) -> Outcome {
    func refused(_ reason: String) -> Outcome {
      .refused(RefusedQuestion(file: row.file, place: row.place, id: id, reason: reason))
    }
    let turns = try QuestionTurn.all(row)
    if let type = turns.lazy.compactMap(\.unknown).first { return refused("it has an item of the unknown type \"\(type)\"") }
    guard let asked = turns.firstIndex(where: { $0.role == "user" }) else {
      throw row.failure("there is no turn of the user", "conversations", remedy: "the question is the first of them")
    }
    if let early = turns[..<asked].first(where: { $0.role != "system" }) {
      throw row.failure("a turn of the \(early.role) comes before the question", "conversations", remedy: "begin with the user's turn")
    }
    let (question, answer) = (turns[asked], turns[(asked + 1)...].first { $0.role == "assistant" })
    let goesOn = turns[(asked + 1)...].contains { $0.role == "user" }
    if answer?.text.contains("<|reserved_special_token_") == true {
      return refused("its truth is an action, neither words nor a place")
    }
    var pictures: [QuestionPicture] = []
    let shown = question.pictures
    let all = turns.reduce(0) { $0 + $1.pictures }
    let names = try names(row)
    let count = row.table.map { max($0.pictures, names.count) } ?? names.count
    guard count > 0 || all == 0 else { return refused("it has no picture, and asks about \(all)") }
    guard count == all else {
      throw row.failure(
        "there are \(count) pictures, and \(all) items of type image", "image", remedy: "each item of type image stands for one of them")
    }
    for index in 0..<shown {
      do throws(VLMError) {
        pictures.append(try picture(index, names, row))
      } catch where error.code != .questionPicture {
        return refused("its picture cannot be read: \(error)")
      } catch {
        var placed = error
        (placed.file, placed.tensor) = (row.file, "\(row.place) (\(id)), image")
        throw placed
      }
    }
    guard !question.text.allSatisfy(\.isWhitespace) || !pictures.isEmpty else {
      throw row.failure("the question is empty", "conversations", remedy: "write what is asked as an item of type text")
    }
    let places = try PlaceTruth(row, sourceScale).places(answer, frame: pictures.last?.size)
    if let places {
      guard let frame = pictures.last?.size else { return refused("its truth is a place, and it has no picture") }
      guard pictures.allSatisfy({ $0.size == frame }) else { return refused("its pictures differ in size, and its truth is a place") }
      return .question(
        Question(
          id: id, file: row.file, place: row.place, labels: labels, system: system(turns[..<asked]), text: question.text, options: [],
          pictures: pictures, truth: .places(places), goesOn: goesOn))
    }
    let words = answer?.text.trimmed ?? ""
    guard !words.isEmpty else {
      throw row.failure(
        "there is no truth: neither an answer of the assistant nor points or bbox in source", "conversations",
        remedy: "the assistant's turn after the question is the truth")
    }
    let (options, text) = try options(row, question.text)
    if !options.isEmpty, ChoiceScore(words, options: options, truth: words).chosen == nil {
      throw row.failure(
        "the truth \"\(words.prefix(60))\" is none of the \(options.count) options", "conversations",
        remedy: "it is an option's letter or text; where these lines are no options, give the row \"options\": []")
    }
    return .question(
      Question(
        id: id, file: row.file, place: row.place, labels: labels, system: system(turns[..<asked]), text: text, options: options,
        pictures: pictures, truth: .words(words), goesOn: goesOn))
  }

  private func system(_ turns: ArraySlice<QuestionTurn>) -> String? {
    turns.isEmpty ? nil : turns.map(\.text).joined(separator: "\n")
  }

  // MARK: Id and labels

  static func id(_ row: QuestionRow) throws(VLMError) -> String {
    switch row.members["id"] {
    case .string(let id) where !id.isEmpty: return id
    case .int(let id): return String(id)
    default: throw row.failure("there is no id", "id", remedy: "give each row a text of its own")
    }
  }

  static func labels(_ row: QuestionRow) throws(VLMError) -> [String] {
    switch row.members["label"] {
    case nil, .null: return []
    case .string(let label): return label.isEmpty ? [] : [label]
    case .array(let values):
      var labels: [String] = []
      for value in values where value != .null {
        guard let label = value.stringValue else {
          throw row.failure("\(value.summary) is no label", "label", remedy: "labels are texts")
        }
        if !label.isEmpty, !labels.contains(label) { labels.append(label) }
      }
      return labels
    case let other?: throw row.failure("\(other.summary) is no label", "label", remedy: "give a text or a list of texts")
    }
  }

  // MARK: Pictures and options

  private func names(_ row: QuestionRow) throws(VLMError) -> [String] {
    switch row.members["image"] {
    case nil, .null: return []
    case .string(let name): return name.isEmpty ? [] : [name]
    case .array(let values):
      var names: [String] = []
      for value in values {
        guard let name = value.stringValue else {
          throw row.failure("\(value.summary) is no path of a picture", "image", remedy: "paths are texts")
        }
        names.append(name)
      }
      return names
    case let other?:
      throw row.failure("\(other.summary) is no path of a picture", "image", remedy: "give a path or a list of paths")
    }
  }

  private func picture(_ index: Int, _ names: [String], _ row: QuestionRow) throws(VLMError) -> QuestionPicture {
    if let table = row.table, table.pictures > 0 {
      guard index < table.pictures else {
        throw VLMError(.questionMalformed, "image_bytes has \(table.pictures) of \(names.count) pictures", file: row.file)
      }
      let name = index < names.count ? "\(row.file) \(names[index])" : nil
      return try QuestionPicture(table.file, row: table.row, index: index, name: name)
    }
    return try QuestionPicture(names[index], below: imageRoot ?? row.file.folder)
  }

  /// The options, and the question's text with them.
  private func options(_ row: QuestionRow, _ text: String) throws(VLMError) -> ([String], String) {
    let listed = QuestionOptions.listed(in: text)
    guard let value = row.members["options"], value != .null else { return (listed, text) }
    guard let values = value.arrayValue, values.count <= 26 else {
      throw row.failure("\(value.summary) is no list of options", "options", remedy: "give the texts of A, B, C and so on, 26 at most")
    }
    var options: [String] = []
    for value in values {
      guard let option = value.stringValue, !option.isEmpty else {
        throw row.failure("\(value.summary) is no option", "options", remedy: "options are texts")
      }
      options.append(option)
    }
    if options.isEmpty || options == listed { return (options, text) }
    guard listed.isEmpty else {
      throw row.failure(
        "options has \(options.count) texts, and the question lists \(listed.count) others", "options", remedy: "leave one of both out")
    }
    guard options.count > 1 else { throw row.failure("there is one option only", "options", remedy: "give two or more") }
    return (options, text + QuestionOptions.lines(options))
  }
}

extension String {
  /// Without white space around it.
  var trimmed: String {
    var text = self[...].drop(while: \.isWhitespace)
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }

  /// The folder that a path is in.
  fileprivate var folder: String {
    guard let slash = lastIndex(of: "/") else { return "." }
    return slash == startIndex ? "/" : String(self[..<slash])
  }
}
