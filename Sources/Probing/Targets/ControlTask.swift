package import Statistics
internal import Tensors

/// Labels that mean nothing, shared by episodes that look alike: what a probe reaches by recognising the scene.
///
/// Every task's episodes are parted in two by where they start (along the main direction of the initial states), and
/// each part gets random numbers. Train and test share the labels, so an encoder that tells the parts apart can score.
package enum ControlTask {
  package static let columns = 3

  /// `parts`: those of `parts(initial:tasks:)`. Returns [frames, columns].
  package static func labels(parts: [Int], episodeOfFrame: [Int], seed: UInt64) -> Matrix {
    var generator = SeededGenerator(seed: seed, purpose: "control")
    let labels = (0...(parts.max() ?? 0)).map { _ in (0..<columns).map { _ in generator.normal() } }
    return Matrix(episodeOfFrame.count, columns, episodeOfFrame.flatMap { labels[parts[$0]] })
  }

  /// A class for every part, drawn from `count`, at least two of them different.
  package static func classes(parts: [Int], episodeOfFrame: [Int], count: Int, seed: UInt64) -> FrameClasses {
    var generator = SeededGenerator(seed: seed, purpose: "control classes")
    let all = 0...(parts.max() ?? 0)
    var ofPart: [Int]
    repeat {
      ofPart = all.map { _ in generator.index(below: count) }
    } while all.count > 1 && Set(ofPart).count < 2
    return FrameClasses(count: count, ofFrame: episodeOfFrame.map { ofPart[parts[$0]] })
  }

  /// Which part each episode is in, two a task. `initial`: a row an episode, such as the state of its first frame.
  package static func parts(initial: Matrix, tasks: [Int]) -> [Int] {
    var parts = [Int](repeating: 0, count: tasks.count)
    for (index, task) in Set(tasks).sorted().enumerated() {
      let members = tasks.indices.filter { tasks[$0] == task }
      let scores = mainDirectionScores(initial.rows(members))
      let order = members.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
      for (place, member) in order.enumerated() {
        parts[members[member]] = 2 * index + place * 2 / order.count
      }
    }
    return parts
  }

  /// Scores on the first principal direction of standardised rows, by power iteration on their products.
  private static func mainDirectionScores(_ rows: Matrix) -> [Double] {
    var x = rows
    x.subtractFromRows(x.columnMeans())
    x.scaleRows(by: x.columnSquares().map { $0 > 1e-18 ? 1 / $0.squareRoot() : 0 })
    let products = x.gram(ofRows: true)
    var vector = (0..<rows.rows).map { Double($0 + 1) }
    for _ in 0..<50 {
      let image = products.times(Matrix(rows.rows, 1, vector)).values
      let length = image.reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard length > 1e-12 else { return vector }
      vector = image.map { $0 / length }
    }
    return vector
  }
}
