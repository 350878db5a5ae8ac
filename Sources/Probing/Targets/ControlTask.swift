package import Statistics
internal import Tensors

/// Labels that mean nothing, shared by episodes that look alike: what a probe reaches by recognising the scene.
///
/// Every task's episodes are parted in two by where they start (along the main direction of the initial states), and
/// each part gets random numbers. Train and test share the labels, so an encoder that tells the parts apart can score.
package enum ControlTask {
  package static let columns = 3

  /// `initial`: a row an episode, such as the state of its first frame. Returns [frames, columns].
  package static func labels(
    initial: Matrix, tasks: [Int], episodeOfFrame: [Int], seed: UInt64
  ) -> Matrix {
    var generator = SeededGenerator(seed: seed, purpose: "control")
    var ofEpisode = [[Double]](repeating: [], count: tasks.count)
    for task in Set(tasks).sorted() {
      let members = tasks.indices.filter { tasks[$0] == task }
      let scores = mainDirectionScores(initial.rows(members))
      let order = members.indices.sorted { (scores[$0], $0) < (scores[$1], $1) }
      let labels = (0..<2).map { _ in (0..<columns).map { _ in generator.normal() } }
      for (place, member) in order.enumerated() {
        ofEpisode[members[member]] = labels[place * 2 / order.count]
      }
    }
    return Matrix(episodeOfFrame.count, columns, episodeOfFrame.flatMap { ofEpisode[$0] })
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
