import Checkpoints
import Tensors
import Testing

@testable import Mapping

/// What holds of every listing, whatever library the names are of.
extension NameListing {
  /// Every tensor is claimed once or ignored with a reason, every parameter filled.
  func expectExactCoverage() throws {
    let coverage = try mapped(exactly: false).coverage
    let error = coverage.error(file: path)
    #expect(error == nil, "\(String(describing: error))")
    let claimed = coverage.claims.flatMap(\.sources) + coverage.ignored.map(\.tensor)
    #expect(claimed.sorted() == tensors.map(\.name))
  }

  /// The library that made the listing counts the same elements in each part.
  func expectCounts() throws {
    let summary = CheckpointSummary(try mapped())
    let found = Dictionary(uniqueKeysWithValues: summary.components.map { ($0.component, $0.parameters) })
    #expect(found == counts)
    #expect(summary.tensors == tensors.count)
    #expect(summary.isCoverageExact)
  }

  /// Converted for the library that it is of, the model has the same tensors again.
  func expectTheSameNames(from target: OutputFormat) throws {
    let plan = try ConversionPlan(
      of: try mapped(), to: target, catalog: try FamilyCatalog.builtIn(), companions: .none)
    #expect(plan.tensors.map(\.descriptor).sorted { $0.name < $1.name } == tensors)
    #expect(plan.hashedSources.isEmpty)
  }
}
