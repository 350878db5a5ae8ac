import Foundation
import Probing
import Statistics
import Tensors

// `./dev validate [REPLICATES [NAME ...]]`: verdicts on simulated problems whose loss is known, counted. Names are matched
// from their beginning.

/// A problem, and the verdicts that are right.
struct Case {
  let name: String
  let problem: SimulatedLadder
  let expected: Set<String>

  init(_ name: String, expecting expected: Set<String>, _ change: (inout SimulatedLadder) -> Void) {
    self.name = name
    self.expected = expected
    var problem = SimulatedLadder()
    change(&problem)
    self.problem = problem
  }

  static let all: [Case] =
    [
      Case("lossless", expecting: ["none"]) { _ in },
      Case("nuisance 40", expecting: ["none"]) { $0.nuisance = 40 },
      Case("heavy tails", expecting: ["none"]) { $0.plant = .heavyTails },
      Case("independent labels", expecting: ["none", "tied"]) { $0.plant = .independentLabels },
      Case("lossless, 20 episodes", expecting: ["none", "tied"]) { $0.episodes = 20 },
      // The second loss is read from what the first has left, and is less.
      Case("vision and projector 0.5", expecting: ["tied", "vision"]) {
        $0.plant = .visionAndProjector
        $0.dose = 0.5
      },
      Case("all three 0.5", expecting: ["tied", "vision"]) {
        $0.plant = .all
        $0.dose = 0.5
      },
      Case("vision 0.5, weak frames", expecting: ["vision", "tied"]) {
        $0.plant = .vision
        $0.dose = 0.5
        $0.weakness = 0.5
      },
    ]
    + [SimulatedLadder.Plant.vision, .projector, .language].flatMap { plant in
      [0.25, 0.5, 1].map { dose in
        Case("\(plant) \(dose)", expecting: [plant.rawValue]) {
          $0.plant = plant
          $0.dose = dose
        }
      }
    }
}

func text(_ values: [Double]) -> String { values.map { String(format: "%6.3f", $0) }.joined(separator: " ") }

func report(_ example: Case, replicates: Int) throws {
  let modules = example.problem.modules
  let runs = try SingleThreadedBLAS.during {
    try Parallel.map(replicates) { seed in
      let scores = try example.problem.scores(seed: UInt64(seed)).scores
      let losses = ModuleLosses.of(scores, modules: [modules], confidence: 0.95, seed: 0)[0]
      let (outcome, named) = VerdictRule.outcome(
        zip(ProbeModule.all, losses).map {
          VerdictRule.Evidence($0, $1.interval, advantage: $1.advantage?.interval)
        }, delta: 0.02)
      return (losses: losses, verdict: outcome == .bottleneck ? named[0].id : outcome.rawValue)
    }
  }
  let expected = (0..<modules).map { module in
    runs.reduce(0) { $0 + $1.losses[module].value } / Double(replicates)
  }
  // The truth of an out-of-fold score is its mean over data sets of this size.
  func holds(_ interval: Interval, _ truth: Double) -> Bool {
    interval.lower <= truth && truth <= interval.upper
  }
  let covered = runs.count { run in zip(run.losses, expected).allSatisfy { holds($0.interval, $1) } }
  // The intervals are simultaneous for these and all their differences.
  let allCovered = runs.count { run in
    (0..<modules).allSatisfy { module in
      let others = (0..<modules).filter { $0 != module }
      return holds(run.losses[module].interval, expected[module])
        && zip(run.losses[module].differences, others).allSatisfy {
          holds($0.interval, expected[module] - expected[$1])
        }
    }
  }
  // Half of an interval's width in units of what it is an interval of: the loss's own spread over data sets.
  let widths = (0..<modules).map { module -> Double in
    let halves = runs.map { ($0.losses[module].interval.upper - $0.losses[module].interval.lower) / 2 }
    let squares = runs.map { ($0.losses[module].value - expected[module]) * ($0.losses[module].value - expected[module]) }
    let spread = (squares.reduce(0, +) / Double(max(replicates - 1, 1))).squareRoot()
    return spread > 1e-4 ? halves.reduce(0, +) / Double(replicates) / spread : .nan
  }
  let right = runs.count { example.expected.contains($0.verdict) }
  let byVerdict: [String: Int] = runs.reduce(into: [:]) { $0[$1.verdict, default: 0] += 1 }
  let counts = byVerdict.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
  let name = example.name.padding(toLength: 26, withPad: " ", startingAt: 0)
  let line =
    "\(name)\(right) of \(replicates) right   losses \(text(expected))   covered \(covered), with all differences \(allCovered)   half-widths in spreads \(text(widths))   "
    + counts.joined(separator: ", ") + "\n"
  FileHandle.standardOutput.write(Data(line.utf8))
}

let arguments = CommandLine.arguments.dropFirst()
guard let replicates = arguments.first.map({ Int($0) }) ?? 100, replicates > 0 else {
  FileHandle.standardError.write(Data("usage: validation [REPLICATES [NAME ...]]\n".utf8))
  exit(64)
}
let names = arguments.dropFirst()
for example in Case.all where names.isEmpty || names.contains(where: { example.name.hasPrefix($0) }) {
  try report(example, replicates: replicates)
}
