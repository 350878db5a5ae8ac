import Foundation
import Jarvis
import Reports
import TestSupport
import Testing

@Suite struct EvaluationPageTests {
  private static let folder = Fixture.url("jarvis/questions")

  /// Two logged models; names without the place of this repository.
  private static func evaluation(_ questions: String = "questions.jsonl", single: Bool = false, name: String = "first") throws -> JarvisEvaluation {
    let set = try QuestionSet([folder.appending(path: questions).path], .init())
    let (models, _) = try AnswerFile.read(folder.appending(path: "answers.jsonl").path, questions: Array(set.questions.prefix(12)))
    let named = models.map { ModelAnswers(model: $0.model == "first" ? name : $0.model, file: nil, answers: $0.answers) }
    return try JarvisEvaluation(set, single ? [named[0]] : named)
  }

  private func expectSound(_ page: String) {
    let reader = PageReader(page)
    #expect(reader.problem == nil)
    #expect(Set(reader.identifiers).count == reader.identifiers.count)
    for reference in reader.references { #expect(reader.identifiers.contains(reference), "\(reference)") }
    #expect(zip(reader.headings, reader.headings.dropFirst()).allSatisfy { $1 <= $0 + 1 })
    #expect(reader.pictures.allSatisfy { $0.title && $0.description })
    #expect(!page.contains("<script") && !page.contains("<img"))
  }

  @Test func aPageHasPicturesTruthAndAnswers() throws {
    let page = try EvaluationPage(Self.evaluation(), showing: 24, run: ProbePageTests.run).rendered()
    expectSound(page)
    for text in [
      "12 questions (3 of knowledge, 3 of recognition, 6 of grounding) in 7 groups", "truth: a box from 12 % from the left and 20 % from the top",
      "second: 10 % from the left and 40 % from the top", "What changes", "right_4", "104.4 pixels off", "I see no square.", "Truth: Four.",
      "own protocol",
    ] {
      #expect(page.contains(text), "\(text)")
    }
    // Each picture is there once.
    #expect(page.matches(of: /data:image\/png/).count == 3)
    #expect(page.matches(of: /<figure>/).count == 12)
  }

  @Test func noMoreIsShownThanAsked() throws {
    let page = try EvaluationPage(Self.evaluation(single: true), showing: 4, run: ProbePageTests.run).rendered()
    expectSound(page)
    #expect(page.matches(of: /<figure>/).count == 4 && page.contains("8 questions are not shown.") && !page.contains("What changes"))
    let none = try EvaluationPage(Self.evaluation(), showing: 0, run: ProbePageTests.run).rendered()
    expectSound(none)
    #expect(!none.contains("data:image"))
  }

  @Test func hostileNamesStayText() throws {
    let page = try EvaluationPage(Self.evaluation(name: "\"><script>x</script>"), showing: 24, run: ProbePageTests.run).rendered()
    expectSound(page)
  }

  @Test func terminal() throws {
    let terminal = Terminal(width: 100)
    try Golden.expect(EvaluationTerminalReport.render(Self.evaluation(), on: terminal), matches: "jarvis-evaluate.txt")
    try Golden.expect(EvaluationTerminalReport.render(Self.evaluation(single: true), on: terminal), matches: "jarvis-evaluate-one.txt")
  }

  @Test func fitsANarrowTerminal() throws {
    let text = EvaluationTerminalReport.render(try Self.evaluation(), on: Terminal(width: 60))
    for line in text.split(separator: "\n") { #expect(line.count <= 60, "\(line)") }
  }
}
