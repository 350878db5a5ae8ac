package import Statistics
internal import Tensors

/// Labels that mean nothing, of the shape and kind of a target's, shared by episodes that look alike: what a probe reaches by
/// recognising the scene.
///
/// Every task's episodes are parted in two by where they start (along the main direction of the initial states), and
/// each part gets random labels. Train and test share the labels, so an encoder that tells the parts apart can score.
package struct ControlTask: Sendable {
  /// [frames, columns of the target]: 1 for the class of the part and 0 for the others where the target is one of classes, else
  /// random numbers.
  package let labels: Matrix
  /// As many as the target has, dealt to the parts in turn; `nil` where it has none.
  package let classes: FrameClasses?

  /// - Parameters:
  ///   - target: what it is the control of.
  ///   - parts: those of `parts(initial:tasks:)`.
  package init(of target: ResolvedTarget, parts: [Int], episodeOfFrame: [Int], seed: UInt64) {
    var generator = SeededGenerator(seed: seed, purpose: "control of \(target.target.id)")
    let all = Array(Set(parts)).sorted()
    classes = target.classes.map { classes in
      let dealt = generator.shuffled(all).enumerated().map { ($0.element, $0.offset % classes.count) }
      let ofPart = Dictionary(uniqueKeysWithValues: dealt)
      return FrameClasses(count: classes.count, ofFrame: episodeOfFrame.map { ofPart[parts[$0]]! })
    }
    let width = target.columns.count
    if target.target.score == .classes, let classes {
      var labels = Matrix(episodeOfFrame.count, width)
      for (frame, place) in classes.ofFrame.enumerated() { labels[frame, place] = 1 }
      self.labels = labels
    } else {
      let numbers = Dictionary(
        uniqueKeysWithValues: all.map { part in (part, (0..<width).map { _ in generator.normal() }) })
      labels = Matrix(episodeOfFrame.count, width, episodeOfFrame.flatMap { numbers[parts[$0]]! })
    }
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
