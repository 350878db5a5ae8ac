package import Statistics
internal import Synchronization
package import Tensors

/// What the frames and each module's output hold of the targets together, from the frames up to the last module.
///
/// With blocks R (features of the frames, and what reference encoders make of them), X1 ... Xn (the modules' outputs, of one block or several), the score `U_j` is that
/// of the best, by the inner folds, of the sets {Xn}, {Xn-1, Xn} ... {Xj ... Xn}; `U_0` may have R with any of them. What module
/// j loses is `U_j-1 - U_j`: what the block before it adds to all that is left after it. A rotation, nuisance dimensions and a
/// re-encoding cost nothing, for they add nothing. All may be told the task (`L*`); what `U_n` has of that is what the language
/// model did not make of the instruction, the loss of the fusion.
package struct LadderScores: Sendable {
  /// S(R): what the features of the frames read, which bounds the losses that can be seen.
  package let frames: KernelSets.Score
  /// The same of the reference encoders; `nil` without any.
  package let references: KernelSets.Score?
  /// A: the best of all sets, R alone among them.
  package let achievable: KernelSets.Score
  /// By target: what frames and model together add to a baseline that stands beside them in the kernel.
  package let gains: [Double]
  /// What the instruction is to the targets; `nil` where the last output has not seen it, or there is one task only.
  package let instruction: Instruction?
  /// `U_0 ... U_n`, and `U_n` without the task where the fusion is judged.
  package let from: [KernelSets.Score]
  /// What all of these are of.
  let ridge: KernelRidge
  /// By module: its `U_j-1` with only the sets, or the kernels, that hold what the module may lose.
  let forced: [KernelSets.Score]

  /// How much of the targets takes picture and instruction together.
  package struct Instruction: Sendable {
    /// R2 of the task itself, read from frames, encoder and projector: near 1 where the scene gives it away, and nothing has to be
    /// fused.
    package let toldByScene: Double
    /// By target what the task adds to these, and what they add to the task; `nil` where the scene gives the task away.
    package let gains: (task: [Double], picture: [Double])?
  }

  /// R2 of the task, read from the scene, from which on it is given away.
  static let givenAway = 0.5

  /// - Parameters:
  ///   - frames: R, the features of the frames before those of reference encoders.
  ///   - exits: X1 ... Xn, in one block or several each.
  ///   - baselines: what is known without a frame, B, in one or several kinds; `kinds`: that of each target.
  ///   - fuses: whether Xn has seen the instruction, which is judged where there are two tasks.
  ///   - groups: response columns of each target.
  ///   - measures: what else is to be found of the predictions.
  package init(
    frames: [FrameKernels], exits: [[FrameKernels]], baselines: [FrameKernels], kinds: [Int],
    taskOfFrame: [Int],
    fuses: Bool = false, folds: EpisodeFolds, responses: Matrix, groups: [[Int]],
    measures: [KernelSets.Measure] = [], progress: ProgressHandler? = nil
  ) throws(VLMError) {
    precondition(kinds.count == groups.count)
    let sets = Sets(exits.map(\.count), upstream: frames.count)
    let all = sets.from[0] + sets.upstream
    // Each kind of baseline, and each with all blocks; both know the task.
    let alone = baselines.indices.map { [sets.blockCount + $0] }
    let joined = alone.map { Array(0..<sets.blockCount) + $0 }
    // Pictures that have not met the instruction, and the instruction.
    let hasTasks = Set(taskOfFrame).count > 1
    var blocks = frames + exits.flatMap(\.self) + baselines
    let toldByScene =
      fuses && hasTasks
      ? try Self.score(sets.beforeLast, blocks, folds: folds, responses: .indicators(taskOfFrame)) : nil
    let judgesFusion = toldByScene.map { $0 < Self.givenAway } ?? false
    let unfused = judgesFusion ? sets.beforeLast : []
    let task = [sets.blockCount + baselines.count]
    if judgesFusion { blocks.append(try FrameKernels(.indicators(taskOfFrame))) }
    let ridge = KernelRidge(blocks, taskOfFrame: taskOfFrame, folds: folds, responses: responses)
    self.ridge = ridge
    var choices: [[KernelRidge.Candidate]] = []
    /// The place of a score that is to be found.
    func choice(_ of: [[Int]], where isMeant: (KernelRidge.Candidate) -> Bool = { _ in true }) -> Int {
      choices.append(of.flatMap { sets.candidates($0, ridge) }.filter(isMeant))
      return choices.count - 1
    }
    let (framesAlone, best) = (choice([[0]]), choice(all))
    let referencesAlone = frames.count > 1 ? choice([Array(1..<frames.count)]) : nil
    let knowsTask: (KernelRidge.Candidate) -> Bool = { !hasTasks || $0.taskWeight == 1 }
    let floors = alone.map { choice([$0], where: knowsTask) }
    let ceilings = zip(alone, joined).map { choice([$0, $1], where: knowsTask) }
    var from = sets.from.map { choice($0) }
    var forced = sets.forced.map { choice($0) }
    var pictures: (told: Int, untold: Int, task: Int)?
    if judgesFusion {
      from.append(choice(sets.from.last!) { $0.taskWeight == 0 })
      forced.append(choice(sets.from.last!) { $0.taskWeight > 0 })
      pictures = (choice(unfused), choice(unfused) { $0.taskWeight == 0 }, choice([task]))
    }
    let done = Atomic<Int>(0)
    let kernels = try KernelSets(ridge, candidates: choices.joined(), groups: groups, measures: measures) {
      total in
      progress?(
        ProgressReport(
          activity: "comparing modules", completed: done.wrappingAdd(1, ordering: .relaxed).newValue,
          total: total, unit: .steps))
    }
    let scores = try kernels.scores(choices)
    self.frames = scores[framesAlone]
    references = referencesAlone.map { scores[$0] }
    achievable = scores[best]
    gains = kinds.enumerated().map { target, kind in
      scores[ceilings[kind]].r2[target] - scores[floors[kind]].r2[target]
    }
    self.from = from.map { scores[$0] }
    self.forced = forced.map { scores[$0] }
    instruction = toldByScene.map { toldByScene in
      Instruction(
        toldByScene: toldByScene,
        gains: pictures.map { pictures in
          func gains(over other: Int) -> [Double] {
            zip(scores[pictures.told].r2, scores[other].r2).map { $0 - $1 }
          }
          return (task: gains(over: pictures.untold), picture: gains(over: pictures.task))
        })
    }
  }

  /// What the export calls the scores.
  package var named: [(name: String, score: KernelSets.Score)] {
    [("frames", frames), ("achievable", achievable)] + (references.map { [("references", $0)] } ?? [])
      + from.enumerated().map { ("from-\($0)", $1) }
  }

  /// R2 of all `responses` together, from the best of `sets` and nothing else.
  private static func score(
    _ sets: [[Int]], _ blocks: [FrameKernels], folds: EpisodeFolds, responses: Matrix
  ) throws(VLMError) -> Double {
    let none = [Int](repeating: 0, count: folds.frameCount)
    let ridge = KernelRidge(blocks, taskOfFrame: none, folds: folds, responses: responses)
    let candidates = sets.flatMap { ridge.candidates($0) }
    let kernels = try KernelSets(ridge, candidates: candidates, groups: [Array(0..<responses.columns)])
    return try kernels.scores([candidates])[0].r2[0]
  }

  /// The sets of blocks that scores are the best of: 0 is the frames' features, then come those of reference encoders, then the
  /// modules' blocks in order.
  struct Sets {
    /// Of the frames, reference encoders and all modules.
    let blockCount: Int
    /// What stands before the modules: the frames' features, those of reference encoders, and both.
    let upstream: [[Int]]
    /// First block of the first module.
    private let first: Int
    /// First block of each module.
    private let starts: [Int]
    /// For `U_0 ... U_n`.
    let from: [[[Int]]]
    /// For each module those that the block before it adds.
    let forced: [[[Int]]]
    /// Frames and modules before the last, in all that is likely to be best.
    let beforeLast: [[Int]]

    /// - Parameters:
    ///   - counts: blocks of each module.
    ///   - upstream: blocks before them.
    init(_ counts: [Int], upstream: Int = 1) {
      let ends = counts.indices.map { counts[...$0].reduce(upstream, +) }
      blockCount = ends.last ?? upstream
      first = upstream
      let before = upstream > 1 ? [[0], Array(1..<upstream), Array(0..<upstream)] : [[0]]
      self.upstream = before
      starts = zip(ends, counts).map { $0 - $1 }
      /// All blocks of the modules from `first` on, 0 being the first module.
      func blocks(from first: Int) -> [Int] { Array((first == 0 ? upstream : ends[first - 1])..<ends.last!) }
      let last = blocks(from: counts.count - 1)
      var from = [last.count > 1 ? last.map { [$0] } + [last] : [last]]
      var forced: [[[Int]]] = []
      for first in counts.indices.dropLast().reversed() {
        forced.insert([blocks(from: first)], at: 0)
        from.insert(from[0] + [blocks(from: first)], at: 0)
      }
      let withFrames = counts.indices.reversed().flatMap { module in before.map { $0 + blocks(from: module) }
      }
      self.from = [from[0] + withFrames] + from
      self.forced = [withFrames] + forced
      let modules = Array(upstream..<ends[counts.count - 1] - counts.last!)
      beforeLast = before + (modules.isEmpty ? [] : [modules] + before.map { $0 + modules })
    }

    /// All that a set may be read with.
    func candidates(_ set: [Int], _ ridge: KernelRidge) -> [KernelRidge.Candidate] {
      let leading = leading(set)
      return ridge.candidates(set) + (leading.isEmpty ? [] : ridge.candidates(set, leading: leading))
    }

    /// The blocks of a set that may weigh more than the others: those of its first module, and the frames with them, which
    /// would else drown in what later modules made of nothing. Empty where there is one module.
    private func leading(_ set: [Int]) -> [Int] {
      let ofModules = set.filter { $0 >= self.first }
      guard ofModules.allSatisfy({ $0 < blockCount }),
        let first = starts.last(where: { $0 <= ofModules.min() ?? 0 })
      else { return [] }
      let end = starts.first { $0 > first } ?? blockCount
      let leading = set.filter { $0 < end }
      return leading.count < set.count ? leading : []
    }
  }

  /// Loss of module `module`, 0 being the first, of target `target`.
  package func loss(_ module: Int, _ target: Int) -> Double {
    from[module].r2[target] - from[module + 1].r2[target]
  }

  /// The same without each group of episodes, for its spread: [groups]. Where the inner folds never chose the block before the module, the
  /// loss is 0 with every episode and without, but need not be in other data: then the loss with that block forced in tells how
  /// well one could have been seen.
  func deletedLoss(_ module: Int, _ target: Int) -> [Double] {
    deletedLoss(module) { $0.deleted.column(target) }
  }

  /// The same of any figure that a loss takes from.
  func deletedLoss(_ module: Int, of figure: (KernelSets.Score) -> [Double]) -> [Double] {
    let after = figure(from[module + 1])
    let (own, other) = (
      zip(figure(from[module]), after).map { $0 - $1 }, zip(figure(forced[module]), after).map { $0 - $1 }
    )
    return MaxT.spread(deleted: own) < MaxT.spread(deleted: other) ? other : own
  }

  /// What the block before module `module` adds when it is forced in, which may be less than nothing.
  func forcedLoss(_ module: Int, _ target: Int) -> Double {
    forced[module].r2[target] - from[module + 1].r2[target]
  }

  /// The same without each group of episodes: [groups].
  func deletedForcedLoss(_ module: Int, _ target: Int) -> [Double] {
    zip(forced[module].deleted.column(target), from[module + 1].deleted.column(target)).map { $0 - $1 }
  }
}
