import Foundation
import Probing
import Statistics
import Tensors

/// Verdicts on simulated problems, counted.
func run(_ name: String, _ problem: SimulatedLadder, replicates: Int) throws {
  var counts: [String: Int] = [:]
  var losses = Matrix(replicates, problem.modules)
  var intervals: [[Interval]] = []
  var extra: [Double] = [0, 0, 0]
  for seed in 0..<replicates {
    let (scores, _) = try SingleThreadedBLAS.during { try problem.scores(seed: UInt64(seed)) }
    let evidence = ModuleLosses.of(scores, targets: 0..<1, modules: problem.modules, confidence: 0.95, seed: 0)[0]
    for (module, loss) in evidence.enumerated() { losses[seed, module] = loss.value }
    intervals.append(evidence.map(\.interval))
    let (outcome, modules) = VerdictRule.outcome(
      zip(ProbeModule.all, evidence).map { VerdictRule.Evidence($0, $1.interval, advantage: $1.advantage?.interval) },
      delta: 0.02)
    counts[outcome.rawValue + (outcome == .bottleneck ? " " + modules[0].id : ""), default: 0] += 1
    extra[0] += scores.frames.r2[0] / Double(replicates)
    extra[1] += scores.achievable.r2[0] / Double(replicates)
    extra[2] += scores.from.last!.r2[0] / Double(replicates)
  }
  let truth = losses.columnMeans()
  let covered = intervals.count { row in
    row.indices.allSatisfy { row[$0].lower <= truth[$0] && truth[$0] <= row[$0].upper }
  }
  let width = (0..<problem.modules).map { module in
    intervals.reduce(0) { $0 + ($1[module].upper - $1[module].lower) / 2 } / Double(replicates)
  }
  func text(_ values: [Double]) -> String { values.map { String(format: "%.3f", $0) }.joined(separator: " ") }
  FileHandle.standardOutput.write(Data([
    name, counts.sorted { $0.value > $1.value }.map { "\($0.key) \($0.value)" }.joined(separator: ", "),
    "| losses", text(truth), "half widths", text(width), "covered", covered, "of", replicates, "| R A Un", text(extra)].map { "\($0)" }.joined(separator: " ").utf8 + [10]))
}

let replicates = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1])! : 20
let only = CommandLine.arguments.dropFirst(2)
func maybe(_ name: String, _ problem: SimulatedLadder) throws {
  if only.isEmpty || only.contains(where: { name.hasPrefix($0) }) { try run(name, problem, replicates: replicates) }
}
for modules in [2, 3] {
  func made(_ change: (inout SimulatedLadder) -> Void = { _ in }) -> SimulatedLadder {
    var problem = SimulatedLadder()
    problem.modules = modules
    change(&problem)
    return problem
  }
  try maybe("lossless-\(modules)", made())
  try maybe("nuisance-40-\(modules)", made { $0.nuisance = 40 })
  try maybe("independent-\(modules)", made { $0.plant = .independentLabels })
  try maybe("heavy-\(modules)", made { $0.plant = .heavyTails })
  for dose in [0.25, 0.5, 1] {
    for plant in [SimulatedLadder.Plant.vision, .projector, .language].prefix(modules) {
      try maybe("\(plant)-\(dose)-\(modules)", made { $0.plant = plant; $0.dose = dose })
    }
  }
  try maybe("both-\(modules)", made { $0.plant = .visionAndProjector; $0.dose = 0.7 })
  try maybe("lossless20-\(modules)", made { $0.episodes = 20 })
  try maybe("weak-\(modules)", made { $0.weakness = 0.5; $0.plant = .vision; $0.dose = 0.5 })
}
