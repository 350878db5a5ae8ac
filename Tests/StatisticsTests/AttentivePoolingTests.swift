import Checkpoints
import Foundation
import Statistics
import Tensors
import TestSupport
import Testing

/// Against the same function made least by SciPy with torch's gradients; see fixtures/oracle/make_attention.py.
@Suite struct AttentivePoolingTests {
  private struct Problem {
    let tokens: Matrix
    let responses: Matrix
    let training: [Int]
    let query: [Double]
    let pooled: Matrix
    let cells = 9

    init() throws {
      let oracle = try Checkpoint.open(Fixture.url("probes/attention.safetensors").path)
      func doubles(_ name: String) throws -> [Double] {
        try oracle.withBytes(of: name) { Array($0.bindMemory(to: Double.self)) }
      }
      tokens = Matrix(1080, 8, try doubles("tokens"))
      responses = Matrix(120, 3, try doubles("responses"))
      query = try doubles("query")
      pooled = Matrix(120, 8, try doubles("pooled"))
      let marks = try oracle.withBytes(of: "training") { Array($0.bindMemory(to: Int64.self)) }
      training = marks.indices.filter { marks[$0] == 1 }
    }
  }

  @Test func learnsTheSameQuery() throws {
    let problem = try Problem()
    let pooling = AttentivePooling(tokens: problem.tokens, cells: problem.cells)
    let query = pooling.query(training: problem.training, responses: problem.responses, tolerance: 1e-10)
    let largest = problem.query.map(abs).max() ?? 0
    for (own, other) in zip(query, problem.query) { #expect(abs(own - other) <= 1e-6 * largest) }
    var difference = pooling.pooled(query)
    difference -= problem.pooled
    #expect(difference.columnSquares().allSatisfy { $0 < 1e-12 })
  }

  /// What is marked, in a place of its own in every frame, is read with a query and not from the mean.
  @Test func findsWhatMovesAmongTheTokens() throws {
    let problem = try Problem()
    let episodes = (0..<120).map { $0 / 4 }
    let folds = EpisodeFolds(
      tasks: [Int](repeating: 0, count: 30), episodeOfFrame: episodes, count: 5, seed: 1)
    let pooling = AttentivePooling(tokens: problem.tokens, cells: problem.cells)
    let pools = AttentiveDesign.pools(pooling, folds: folds, responses: problem.responses)
    let ridge = NestedRidge(folds: folds, lambdas: NestedRidge.defaultLambdas)
    func r2(_ design: any Design) throws -> Double {
      let fit = try ridge.fit(design, fixed: problem.responses, groups: [[0, 1, 2]])
      return RSquared.average(RSquared.columns(fit.predictions, problem.responses))
    }
    let attended = try r2(
      AttentiveDesign(pools) { (pooled) throws(VLMError) in
        try Designs.make(pooled, folds: folds, fixed: problem.responses)
      })
    let mean = try r2(
      Designs.make(
        pooling.pooled([Double](repeating: 0, count: 8)), folds: folds, fixed: problem.responses))
    #expect(attended > 0.5)
    #expect(attended > mean + 0.4)
  }
}
