import Policies
import Reports
import Testing

@Suite struct PolicyPageTests {
  static func summary(output: String = "lift.safetensors") throws -> PolicyTraining.Summary {
    var name = ""
    for scalar in output.unicodeScalars { name += scalar == "\"" ? "\\\"" : String(scalar) }
    return try Fixed.value(
      PolicyTraining.Summary.self,
      """
      {"checkpoint": "models/small", "data": "demos", "output": "\(name)", "episodes": 12, "frames": 240,
       "tasks": ["lift the cube"], "camera": "agentview", "chunk": 4, "columns": ["x", "y", "gripper"], "actions": "recorded",
       "parameters": 3400000, "notes": ["100 of 2000 steps had been done by another run."], "losses": [
        {"step": 1, "loss": 0.5, "arm": 0.49, "gripper": 0.7, "gripperAccuracy": 0.5, "gradient": 2.5},
        {"step": 2000, "loss": 0.0123, "arm": 0.0121, "gripper": 0.02, "gripperAccuracy": 0.985, "gradient": 0.25}]}
      """)
  }

  static func evaluation() throws -> PolicyEvaluation {
    func estimate(_ value: Double) -> String {
      #"{"value": \#(value), "interval": {"lower": \#(value - 0.05), "upper": \#(value + 0.05)}}"#
    }
    func score(_ name: String, _ skill: Double) -> String {
      """
      {"predictor": "\(name)", "armErrors": [\(estimate(0.25)), \(estimate(0))], "chunkErrors": [\(estimate(0.25)), \(estimate(0))],
       "skill": \(estimate(skill)), "gripperAccuracy": \(estimate(0.9))}
      """
    }
    return try Fixed.value(
      PolicyEvaluation.self,
      """
      {"columns": ["x", "roll", "gripper"], "constantColumns": ["roll"], "frames": 240, "groups": 12, "folds": 5, "chunk": 4,
       "scores": [\(score("head", 0.4)), \(score("ridge", 0.5)), \(score("mean", 0))], "steps": [100, 200, 100, 100, 300],
       "commonerGripper": 0.6}
      """)
  }

  private func expectSound(_ page: String) {
    let reader = PageReader(page)
    #expect(reader.problem == nil)
    for reference in reader.references { #expect(reader.identifiers.contains(reference), "\(reference)") }
    #expect(zip(reader.headings, reader.headings.dropFirst()).allSatisfy { $1 <= $0 + 1 })
    #expect(!page.contains("<script") && !page.contains("<img"))
  }

  @Test func aTrainingShowsItsLosses() throws {
    let page = PolicyTrainingPage(try Self.summary(), run: ProbePageTests.run).rendered()
    expectSound(page)
    for text in ["Loss of the arm: loss 0.49 of 1 steps, loss 0.01 of 2000 steps.", "0.01230", "98.5", "lift the cube", "had been done"] {
      #expect(page.contains(text), "\(text)")
    }
  }

  @Test func anEvaluationLeavesOutWhatNeverChanges() throws {
    let evaluation = try Self.evaluation()
    let page = PolicyEvaluationPage(evaluation, checkpoint: "models/small", data: "demos", run: ProbePageTests.run).rendered()
    expectSound(page)
    for text in ["0.500 [0.450, 0.550]", "ridge on the states", "Not listed, for they never change: roll."] {
      #expect(page.contains(text), "\(text)")
    }
    #expect(page.matches(of: /<th scope="row">roll/).isEmpty)
  }

  @Test func hostileNamesStayText() throws {
    let page = PolicyTrainingPage(try Self.summary(output: "\"><script>x</script>"), run: ProbePageTests.run).rendered()
    expectSound(page)
  }

  @Test func terminal() throws {
    let terminal = Terminal(width: 80)
    try Golden.expect(PolicyTerminalReport.training(try Self.summary(), on: terminal), matches: "policy-train.txt")
    try Golden.expect(PolicyTerminalReport.evaluation(try Self.evaluation(), on: terminal), matches: "policy-evaluate.txt")
  }
}
