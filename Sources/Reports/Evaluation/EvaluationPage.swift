internal import Foundation
internal import Grounding
internal import Images
package import Jarvis
internal import Statistics
package import Tensors

/// The HTML report of an evaluation: scores, what differs between models, and questions with truth and answers, wrong ones first.
package struct EvaluationPage: Sendable {
  package let evaluation: JarvisEvaluation
  package let run: RunContext
  /// Questions that are shown, and their pictures as PNG by name.
  private let shown: [Int]
  private let pictures: [String: [UInt8]]

  /// Pixels of a shown picture's width at most.
  private static let widest = 480

  /// - Parameter limit: questions that are shown at most.
  /// - Throws: what reading a picture throws.
  package init(_ evaluation: JarvisEvaluation, showing limit: Int, run: RunContext) throws(VLMError) {
    self.evaluation = evaluation
    self.run = run
    shown = Array(evaluation.worstFirst.prefix(limit))
    var pictures: [String: [UInt8]] = [:]
    for index in shown {
      guard let picture = evaluation.questions[index].pictures.last, pictures[picture.name] == nil else { continue }
      var image = try picture.load()
      if image.width > Self.widest {
        image = try image.resized(
          width: Self.widest, height: max(1, image.height * Self.widest / image.width), by: Resampler(.bicubic, as: .pillow))
      }
      pictures[picture.name] = try image.encodedAsPNG()
    }
    self.pictures = pictures
  }

  package func rendered() -> String {
    let subject = EvaluationTerminalReport.setting(evaluation)
    return Page(
      title: "Answers of \(evaluation.models.map { ProbeWords.shortName($0.name) }.joined(separator: ", "))", description: subject,
      body: [
        definitions,
        tag(
          "header",
          [
            tag("p", ["class": "eyebrow"], ["vlmtool jarvis evaluate"]), tag("h1", ["What does it know, see and point at?"]),
            tag("p", ["class": "subject"], [.text(Typography.sentence(subject))]),
          ]),
        tag("main", [scores, changes, questions, refused, method, Page.reproduction(run, [provenance])]), Page.footer(run),
      ]
    ).rendered()
  }

  // MARK: Scores

  private typealias Words = EvaluationTerminalReport

  private var scores: Markup {
    let models = evaluation.models
    let strips = models.flatMap { $0.kinds.compactMap(strip) }
    let domain = strips.isEmpty ? 0...1 : IntervalStrip.domain(of: strips)
    var table = HTMLTable(
      "Answers that are right, by kind of question",
      [
        .text("model and kind"), .number("questions"), .number("right, 95 %"), .text(IntervalStrip.axis(domain)), .number("unanswered"),
        .number("pixels off, 95 %"),
      ])
    for model in models {
      for score in model.kinds {
        table.rows.append([
          .text(models.count > 1 ? "\(model.name), \(score.name)" : score.name), .text(Figure.count(score.questions)),
          .text(right(score)), strip(score)?.markup(domain) ?? .nothing, .text(Words.share(score.unanswered)), .text(distance(score)),
        ])
      }
    }
    return tag("section", ["aria-labelledby": "scores"], [tag("h2", ["id": "scores"], ["Scores"]), table.markup, labels])
  }

  private var labels: Markup {
    guard let first = evaluation.models.first, !first.labels.isEmpty else { return .nothing }
    let table = HTMLTable(
      "Answers that are right, by label",
      [.text("label"), .number("questions")] + evaluation.models.map { .number(.text("\($0.name), 95 %")) }, dense: true,
      rows: first.labels.indices.map { index in
        [.text(first.labels[index].name), .text(Figure.count(first.labels[index].questions))]
          + evaluation.models.map { model in
            let score = model.labels[index]
            return .text(score.right == nil ? distance(score) + (score.distance == nil ? "" : " pixels off") : right(score))
          }
      })
    let left = evaluation.labelsLeftOut
    return .group([table.markup, left == 0 ? .nothing : tag("p", ["class": "note"], ["Labels not listed: \(Figure.count(left))."])])
  }

  private func strip(_ score: EvaluationScore) -> IntervalStrip? {
    score.right.flatMap { right in
      right.interval.map { IntervalStrip(value: right.value, lower: $0.lower, upper: $0.upper, margin: 0, isGain: true) }
    }
  }

  private func right(_ score: EvaluationScore) -> String { bracketed(Words.right(score), Words.range(score.right)) }

  private func distance(_ score: EvaluationScore) -> String {
    bracketed(score.distance.map { Words.pixels($0.value) } ?? "", Words.range(score.distance))
  }

  private func bracketed(_ value: String, _ range: String) -> String {
    Typography.minus(range.isEmpty ? value : "\(value) [\(range)]")
  }

  private var changes: Markup {
    guard let first = evaluation.models.first, evaluation.models.count > 1 else { return .nothing }
    var table = HTMLTable(
      "The same questions, against \(first.name)",
      [
        .text("model and kind"), .number("right, in points, 95 %"), .number("better"), .number("worse"), .number("pixels off, 95 %"),
        .number("other text"),
      ])
    for model in evaluation.models.dropFirst() {
      for change in model.changes {
        table.rows.append([
          .text("\(model.name), \(change.kind.rawValue)"), .text(bracketed(Words.difference(change), Words.range(change.difference))),
          .text(Figure.count(change.gained)), .text(Figure.count(change.lost)),
          .text(bracketed(change.distance.map { Figure.signed($0.value, places: 1) } ?? "", Words.range(change.distance))),
          .text(Figure.count(change.reworded)),
        ])
      }
    }
    return tag(
      "section", ["aria-labelledby": "changes"],
      [
        tag("h2", ["id": "changes"], ["What changes"]),
        tag("p", ["class": "lead"], ["Each question is compared with itself; an interval that holds 0 says that nothing is shown to change."]),
        table.markup,
      ] + evaluation.models.dropFirst().map { tag("p", [.text(Words.changed($0, most: 40))]) })
  }

  // MARK: Questions

  private var definitions: Markup {
    let images = pictures.sorted { $0.key < $1.key }.enumerated().compactMap { number, entry -> Markup? in
      guard let index = shown.first(where: { evaluation.questions[$0].pictures.last?.name == entry.key }) else { return nil }
      let frame = evaluation.questions[index].frame
      return tag(
        "image",
        [
          "id": "picture-\(number)", "width": "\(frame.width)", "height": "\(frame.height)", "preserveAspectRatio": "none",
          "href": "data:image/png;base64,\(Data(entry.value).base64EncodedString())",
        ])
    }
    return images.isEmpty
      ? .nothing
      : tag(
        "svg",
        ["class": "definitions", "aria-hidden": "true", "width": "0", "height": "0", "xmlns": "http://www.w3.org/2000/svg"],
        [tag("defs", images)])
  }

  private var questions: Markup {
    let names = pictures.keys.sorted()
    let figures = shown.enumerated().map { place, index -> Markup in
      let question = evaluation.questions[index]
      let picture = question.pictures.last.flatMap { names.firstIndex(of: $0.name) }.map { number in
        plot(index, "picture-\(number)").markup(identifier: "question-\(place)")
      }
      return tag("figure", [picture ?? .nothing, tag("figcaption", caption(index))])
    }
    let rest = evaluation.questions.count - shown.count
    return tag(
      "section", ["aria-labelledby": "questions"],
      [
        tag("h2", ["id": "questions"], ["Questions"]),
        tag(
          "p", ["class": "lead"],
          [
            .text(
              "Those that are answered worst come first."
                + (rest > 0 ? " \(Figure.count(rest, "question")) \(rest == 1 ? "is" : "are") not shown." : "")
                + " White: the truth. "
                + evaluation.models.enumerated().map { "\(Self.colours[$0 % Self.colours.count]): \($1.name)." }.joined(separator: " "))
          ]), tag("div", ["class": "scenes"], figures),
      ])
  }

  private static let colours = ["Blue disc", "Green diamond", "Orange disc"]

  private func plot(_ index: Int, _ picture: String) -> AnswerPlot {
    let question = evaluation.questions[index]
    var truths: [GroundingScore.Truth] = []
    if case .places(let places) = question.truth { truths = places }
    return AnswerPlot(
      title: "Question \(question.id)", picture: picture, frame: question.frame, truths: truths,
      answers: evaluation.models.enumerated().compactMap { number, model in
        model.verdicts[index].point.map { AnswerPlot.Answer(model: model.name, index: number, point: $0) }
      })
  }

  private func caption(_ index: Int) -> [Markup] {
    let question = evaluation.questions[index]
    var lines = [tag("p", [tag("code", [.text(question.id)]), " ", .text(Self.shortened(question.text))])]
    if case .words(let truth) = question.truth { lines.append(tag("p", [.text("Truth: \(Self.shortened(truth))")])) }
    for model in evaluation.models {
      let verdict = model.verdicts[index]
      let judged = verdict.isRight.map { $0 ? "right" : "wrong" } ?? (verdict.isAnswered ? "placed" : "unanswered")
      let distance = verdict.distance.map { ", \(Words.pixels($0)) pixels off" } ?? ""
      lines.append(
        tag(
          "p",
          [
            tag("span", ["class": verdict.isRight == true ? "passed" : verdict.isRight == false ? "failed" : "unneeded"], [.text(judged)]),
            .text("\(distance): "), tag("code", [.text(Self.shortened(model.said.answers[index].text))]),
          ] + (evaluation.models.count > 1 ? [.text(" (\(model.name))")] : [])))
    }
    return lines
  }

  /// Answers may be as long as a model likes.
  private static func shortened(_ text: String) -> String { text.count > 400 ? text.prefix(400) + "…" : text }

  private var refused: Markup {
    let rows = evaluation.set.refused
    guard !rows.isEmpty else { return .nothing }
    let table = HTMLTable(
      "The first \(Figure.count(min(rows.count, 40))) of \(Figure.count(rows.count, "row")) that could not be asked",
      [.text("row"), .text("since")], rows: rows.prefix(40).map { [.text("\($0.file), \($0.place) (\($0.id))"), .text($0.reason)] })
    return tag("section", ["aria-labelledby": "refused"], [tag("h2", ["id": "refused"], ["Left out"]), table.markup])
  }

  // MARK: Method

  private var method: Markup {
    let kinds = [
      "Knowledge is a question whose truth is words, recognition one about a picture; grounding is a question whose truth is a place.",
      "The question is the user's first turn, after its pictures; the likeliest token is taken each time; special tokens are kept in answers that are to be a place.",
      "Items point and bbox are percent of the picture. Points without tags in an answer are thousandths, numbers in square brackets pixels.",
      "Of several truths the one counts that the answer is in, or else the nearest; of several pictures the place is in the last.",
    ]
    return tag(
      "section", ["aria-labelledby": "method"],
      [
        tag("h2", ["id": "method"], ["Method and limits"]),
        tag(
          "ul", ["class": "plain"],
          (EvaluationTerminalReport.remarks(evaluation) + kinds).map { tag("li", [.text(Typography.sentence($0))]) }),
      ])
  }

  private var provenance: Markup {
    var list = FactList()
    list.add("vlmtool", run.machine.isEmpty ? run.version : "\(run.version) (\(run.machine))")
    for file in evaluation.set.files { list.add("Questions", code: file) }
    for model in evaluation.models { list.add(model.said.file == nil ? "Model" : "Answers", code: model.said.file ?? model.name) }
    list.add("Groups", "\(Figure.count(evaluation.groups)), \(evaluation.grouping.sentence)")
    return list.markup
  }
}
