package import Statistics
internal import Synchronization
package import Tensors

/// What the frames and each module's output hold of the targets together, from the frames up to the last module.
///
/// With blocks R (features of the frames), X1 ... Xn (the modules' outputs), the score `U_j` is that of the best, by the inner
/// folds, of the sets {Xn}, {Xn-1, Xn} ... {Xj ... Xn}; `U_0` may have R with any of them. What module j loses is
/// `U_j-1 - U_j`: what the block before it adds to all that is left after it. A rotation, nuisance dimensions and a
/// re-encoding cost nothing, for they add nothing.
package struct LadderScores: Sendable {
  /// S(R): what the features of the frames read, which bounds the losses that can be seen.
  package let frames: KernelSets.Score
  /// A: the best of all sets, R alone among them.
  package let achievable: KernelSets.Score
  /// By target: what frames and model together add to a baseline that stands beside them in the kernel.
  package let gains: [Double]
  /// `U_0 ... U_n`.
  package let from: [KernelSets.Score]
  /// By module: its `U_j-1` with only the sets that hold the block before it.
  let forced: [KernelSets.Score]

  /// - Parameters:
  ///   - frames: R.
  ///   - exits: X1 ... Xn.
  ///   - baselines: what is known without a frame, B, in one or several kinds; `kinds`: that of each target.
  ///   - groups: response columns of each target.
  package init(
    frames: FrameKernels, exits: [FrameKernels], baselines: [FrameKernels], kinds: [Int], taskOfFrame: [Int],
    folds: EpisodeFolds, responses: Matrix,
    groups: [[Int]], progress: ProgressHandler? = nil
  ) throws(VLMError) {
    precondition(kinds.count == groups.count)
    let sets = Self.sets(exits.count)
    let all = sets.from[0] + [[0]]
    // Each kind of baseline, and each with all blocks.
    let alone = baselines.indices.map { [1 + exits.count + $0] }
    let joined = alone.map { Array(0...exits.count) + $0 }
    let done = Atomic<Int>(0)
    let kernels = try KernelSets(
      KernelRidge([frames] + exits + baselines, taskOfFrame: taskOfFrame, folds: folds, responses: responses),
      sets: all + alone + joined, groups: groups
    ) { total in
      progress?(
        ProgressReport(
          activity: "comparing modules", completed: done.wrappingAdd(1, ordering: .relaxed).newValue,
          total: total,
          unit: .steps))
    }
    var scores = try kernels.scores(
      [[[0]], all] + alone.map { [$0] } + zip(alone, joined).map { [$0, $1] } + sets.from + sets.forced)[...]
    self.frames = scores.removeFirst()
    achievable = scores.removeFirst()
    let floors = scores.prefix(baselines.count)
    let ceilings = scores.dropFirst(baselines.count)
    gains = kinds.enumerated().map { target, kind in
      ceilings[ceilings.startIndex + kind].r2[target] - floors[floors.startIndex + kind].r2[target]
    }
    scores = scores.dropFirst(2 * baselines.count)
    from = Array(scores.prefix(sets.from.count))
    forced = Array(scores.dropFirst(sets.from.count))
  }

  /// What the export calls the scores.
  package var named: [(name: String, score: KernelSets.Score)] {
    [("frames", frames), ("achievable", achievable)] + from.enumerated().map { ("from-\($0)", $1) }
  }

  /// Sets of blocks, 0 being the frames and j the output of module j: for `U_0 ... U_n`, and for each module those that the
  /// block before it adds.
  package static func sets(_ modules: Int) -> (from: [[[Int]]], forced: [[[Int]]]) {
    var from: [[[Int]]] = [[[modules]]]
    var forced: [[[Int]]] = []
    for first in (1..<modules).reversed() {
      let added = [Array(first...modules)]
      forced.insert(added, at: 0)
      from.insert(from[0] + added, at: 0)
    }
    let withFrames = from[0].map { [0] + $0 }
    return ([from[0] + withFrames] + from, [withFrames] + forced)
  }

  /// Loss of module `module`, 0 being the first, of target `target`.
  package func loss(_ module: Int, _ target: Int) -> Double {
    from[module].r2[target] - from[module + 1].r2[target]
  }

  /// The same without each episode, for its spread. Where the inner folds never chose the block before the module, the loss is
  /// 0 with every episode and without, but need not be in other data: then the loss with that block forced in tells how well
  /// one could have been seen.
  func deletedLoss(_ module: Int, _ target: Int) -> [Double] {
    let own = difference(from[module], from[module + 1], target)
    let other = difference(forced[module], from[module + 1], target)
    return MaxT.spread(deleted: own) < MaxT.spread(deleted: other) ? other : own
  }

  private func difference(_ left: KernelSets.Score, _ right: KernelSets.Score, _ target: Int) -> [Double] {
    zip(left.deleted.column(target), right.deleted.column(target)).map { $0 - $1 }
  }
}
