internal import Files
internal import Foundation
package import Tensors

/// Answers as lines of JSON: what an evaluation writes, and what it reads of another program.
///
///     {"answer":"B","ended":true,"id":"q1","model":"base","tokens":2,"writer":"vlmtool jarvis evaluate"}
///
/// Read too as vLLM and OpenAI write a batch: `custom_id`, and `response.body.choices[0].message.content`.
package enum AnswerFile {
  /// What every line written here has, by which such a file is known.
  package static let writer = "vlmtool jarvis evaluate"

  /// An answer as it is written.
  struct Line: Codable {
    let id: String
    let model: String
    let answer: String
    let tokens: Int?
    let ended: Bool?
    let writer: String
    /// Of a journal's alone.
    let asked: String?

    init(_ answer: ModelAnswers.Answer, to question: Question, of model: String, asked: String? = nil) {
      (id, self.model, self.answer, tokens, ended) = (question.id, model, answer.text, answer.tokens, answer.ended)
      (writer, self.asked) = (AnswerFile.writer, asked)
    }

    var said: ModelAnswers.Answer { ModelAnswers.Answer(text: answer, tokens: tokens, ended: ended) }

    /// With the end of the line.
    var text: String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      // Texts, whole numbers and truth values alone: nothing that could not be written.
      return String(decoding: try! encoder.encode(self), as: UTF8.self) + "\n"
    }
  }

  /// Lines of all models, those of the first before those of the second.
  package static func text(_ models: [ModelAnswers], questions: [Question]) -> String {
    models.map { model in zip(questions, model.answers).map { Line($1, to: $0, of: model.model).text }.joined() }.joined()
  }

  /// The answers in a file, model by model in the order in which they first appear; a line without `model` is of the file's name.
  ///
  /// - Returns: the models, and what is odd.
  /// - Throws: `jarvis.answer.malformed`; `jarvis.answer.missing` where a question has no answer.
  package static func read(_ path: String, questions: [Question]) throws(VLMError) -> (models: [ModelAnswers], notices: [Notice]) {
    var (order, found): ([String], [String: [String: ModelAnswers.Answer]]) = ([], [:])
    let file = try MappedFile(path)
    let bytes = try file.resident(0..<file.byteCount)
    defer { withExtendedLifetime(bytes) {} }
    try JSONLines.forEach(bytes.bytes, file: path) { (number, value) throws(VLMError) in
      let line = try line(value, path, number)
      let model = value["model"]?.stringValue ?? path
      if found[model] == nil { order.append(model) }
      if found[model, default: [:]].updateValue(line.answer, forKey: line.id) != nil {
        throw malformed("the question \(line.id) is answered twice", path, number, "keep one of both")
      }
    }
    var (models, notices): ([ModelAnswers], [Notice]) = ([], [])
    for name in order {
      var rest = found[name] ?? [:]
      var (answers, missing): ([ModelAnswers.Answer], [String]) = ([], [])
      for question in questions {
        if let answer = rest.removeValue(forKey: question.id) { answers.append(answer) } else { missing.append(question.id) }
      }
      guard missing.isEmpty else {
        throw VLMError(
          .answerMissing, "\(missing.count) of \(questions.count) questions have no answer: \(listed(missing))", file: path,
          tensor: name == path ? nil : name, remedy: answers.isEmpty
            ? "ids of answers are those of the questions, as in --questions" : "answer all, or ask fewer with --label or --limit")
      }
      if !rest.isEmpty {
        notices.append(
          Notice(.note, "\(rest.count) answers are to no question that is asked: \(listed(rest.keys.sorted()))", file: path))
      }
      models.append(ModelAnswers(model: name, file: path, answers: answers))
    }
    guard !models.isEmpty else { throw malformed("there is no answer in it", path, 1, "write an answer a line") }
    return (models, notices)
  }

  private static func line(
    _ value: JSONValue, _ path: String, _ number: Int
  ) throws(VLMError) -> (id: String, answer: ModelAnswers.Answer) {
    let key = value["custom_id"] ?? value["id"]
    guard let id = key?.stringValue ?? key?.intValue.map(String.init) else {
      throw malformed("there is no id", path, number, #"as {"id": "...", "answer": "..."}"#)
    }
    if let answer = value["answer"] {
      guard let text = answer.stringValue else { throw malformed("the answer is \(answer.summary)", path, number, "an answer is a text") }
      return (id, ModelAnswers.Answer(text: text, tokens: value["tokens"]?.intValue, ended: value["ended"]?.boolValue))
    }
    guard let body = value.at("response.body"), let text = body.at("choices.0.message.content")?.stringValue else {
      let error = value["error"].map { ": \($0.at("message")?.stringValue ?? $0.summary)" } ?? ""
      throw malformed("there is no answer to \(id)\(error)", path, number, "answer it, or leave its question out")
    }
    let end = body.at("choices.0.finish_reason")?.stringValue
    return (id, ModelAnswers.Answer(text: text, tokens: body.at("usage.completion_tokens")?.intValue, ended: end.map { $0 != "length" }))
  }

  private static func malformed(_ message: String, _ path: String, _ number: Int, _ remedy: String) -> VLMError {
    VLMError(.answerMalformed, message, file: path, tensor: "line \(number)", remedy: remedy)
  }
}
