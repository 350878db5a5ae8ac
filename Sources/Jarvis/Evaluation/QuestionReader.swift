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
    case questions([Question], remarks: Set<Remark>)
    case refused(RefusedQuestion)
  }

  /// What of a row is not as its writer may think.
  enum Remark: Sendable {
    /// More than one thing is asked, and the places of `source` say nothing of which.
    case sourceUnread
    /// What is asked last has no answer.
    case unanswered
  }

  /// Questions of a row: each answer of the assistant is the truth to what was said before it.
  ///
  /// - Throws: `jarvis.question.malformed` for a row that lacks something; `jarvis.question.picture`.
  func read(_ row: QuestionRow, id: String, labels: [String]) throws(VLMError) -> Outcome {
    func refused(_ reason: String) -> Outcome {
      .refused(RefusedQuestion(file: row.file, place: row.place, id: id, reason: reason))
    }
    let turns = try QuestionTurn.all(row)
    if let type = turns.lazy.compactMap(\.unknown).first { return refused("it has an item of the unknown type \"\(type)\"") }
    guard let first = turns.firstIndex(where: { $0.role == "user" }) else {
      throw row.failure("there is no turn of the user", "conversations", remedy: "the question is the first of them")
    }
    if let early = turns[..<first].first(where: { $0.role != "system" }) {
      throw row.failure("a turn of the \(early.role) comes before the question", "conversations", remedy: "begin with the user's turn")
    }
    if turns.contains(where: { $0.role == "assistant" && $0.text.contains("<|reserved_special_token_") }) {
      return refused("its truth is an action, neither words nor a place")
    }
    var asked = turns.indices.dropFirst().filter { turns[$0].role == "assistant" && turns[$0 - 1].role == "user" }.map { $0 - 1 }
    // The truth may stand in `source` alone.
    if asked.isEmpty { asked = [turns.lastIndex { $0.role == "user" } ?? first] }
    var remarks: Set<Remark> = []
    if asked.count > 1 {
      if row.members["source"]?["points"]?.arrayValue?.isEmpty == false || row.members["source"]?["bbox"]?.arrayValue?.isEmpty == false {
        remarks.insert(.sourceUnread)
      }
      if turns.last?.role == "user" { remarks.insert(.unanswered) }
    }
    let read: [QuestionPicture]
    switch try pictures(row, id, turns, upTo: asked.last ?? first) {
    case .found(let pictures): read = pictures
    case .refused(let reason): return refused(reason)
    }
    var questions: [Question] = []
    for (number, index) in asked.enumerated() {
      var told = Array(turns[...index])
      let shown = Array(read.prefix(told.reduce(0) { $0 + $1.pictures }))
      let answer = index + 1 < turns.count && turns[index + 1].role == "assistant" ? turns[index + 1] : nil
      switch try truth(row, &told[index], answer, shown, isAlone: asked.count == 1) {
      case .found((let truth, let options)):
        questions.append(
          Question(
            id: number == 0 ? id : "\(id)#\(number + 1)", row: id, file: row.file, place: row.place, labels: labels, turns: told,
            options: options, pictures: shown, rowPictures: read.map(\.name), truth: truth))
      case .refused(let reason): return refused(reason)
      }
    }
    return .questions(questions, remarks: remarks)
  }

  private enum Found<Value> {
    case found(Value)
    case refused(String)
  }

  /// The truth to a question, and its options; those that its text lacks are added to it.
  ///
  /// - Parameter isAlone: whether the row asks nothing else, so that its `source` and `options` are about this.
  private func truth(
    _ row: QuestionRow, _ question: inout QuestionTurn, _ answer: QuestionTurn?, _ pictures: [QuestionPicture], isAlone: Bool
  ) throws(VLMError) -> Found<(Question.Truth, options: [String])> {
    guard !question.text.allSatisfy(\.isWhitespace) || question.pictures > 0 else {
      throw row.failure("the question is empty", "conversations", remedy: "write what is asked as an item of type text")
    }
    let source = isAlone ? row.members["source"] : nil
    if let places = try PlaceTruth(row, source, sourceScale).places(answer, frame: pictures.last?.size) {
      guard let frame = pictures.last?.size else { return .refused("its truth is a place, and it has no picture") }
      guard pictures.allSatisfy({ $0.size == frame }) else { return .refused("its pictures differ in size, and its truth is a place") }
      return .found((.places(places), []))
    }
    let words = answer?.text.trimmed ?? ""
    guard !words.isEmpty else {
      throw row.failure(
        "there is no truth: neither an answer of the assistant nor points or bbox in source", "conversations",
        remedy: "the assistant's turn after the question is the truth")
    }
    guard isAlone || row.members["options"]?.arrayValue?.isEmpty ?? true else {
      throw row.failure(
        "more than one thing is asked, and these are options of one", "options", remedy: "list the options in each question, on lines of their own")
    }
    let options = try options(row, &question)
    if !options.isEmpty, ChoiceScore(words, options: options, truth: words).chosen == nil {
      throw row.failure(
        "the truth \"\(words.prefix(60))\" is none of the \(options.count) options", "conversations",
        remedy: "it is an option's letter or text; where these lines are no options, give the row \"options\": []")
    }
    return .found((.words(words), options))
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

  /// Those that are shown up to the turn `last`.
  private func pictures(
    _ row: QuestionRow, _ id: String, _ turns: [QuestionTurn], upTo last: Int
  ) throws(VLMError) -> Found<[QuestionPicture]> {
    let names = try names(row)
    let count = row.table.map { max($0.pictures, names.count) } ?? names.count
    let all = turns.reduce(0) { $0 + $1.pictures }
    guard count > 0 || all == 0 else { return .refused("it has no picture, and asks about \(all)") }
    guard count == all else {
      throw row.failure(
        "there are \(count) pictures, and \(all) items of type image", "image", remedy: "each item of type image stands for one of them")
    }
    var pictures: [QuestionPicture] = []
    for index in 0..<turns[...last].reduce(0, { $0 + $1.pictures }) {
      do throws(VLMError) {
        pictures.append(try picture(index, names, row))
      } catch where error.code != .questionPicture {
        return .refused("its picture cannot be read: \(error)")
      } catch {
        var placed = error
        (placed.file, placed.tensor) = (row.file, "\(row.place) (\(id)), image")
        throw placed
      }
    }
    return .found(pictures)
  }

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

  /// The options; those that the question's text lacks are added to it.
  private func options(_ row: QuestionRow, _ question: inout QuestionTurn) throws(VLMError) -> [String] {
    let listed = QuestionOptions.listed(in: question.text)
    guard let value = row.members["options"], value != .null else { return listed }
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
    if options.isEmpty || options == listed { return options }
    guard listed.isEmpty else {
      throw row.failure(
        "options has \(options.count) texts, and the question lists \(listed.count) others", "options", remedy: "leave one of both out")
    }
    guard options.count > 1 else { throw row.failure("there is one option only", "options", remedy: "give two or more") }
    question.say(QuestionOptions.lines(options))
    return options
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
