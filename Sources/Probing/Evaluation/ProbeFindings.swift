package import Statistics

/// What the statistics found, without data facts and settings.
package struct ProbeFindings: Sendable {
  package var scores: [ProbeScore]
  package var references: [TargetReferences]
  package var contrasts: [ProbeContrast]
  package var verdicts: [ProbeVerdict]
  package var overall: ProbeVerdict
  package var comparison: [ProbeComparison]
  package var comparisonSentence: String?
  /// Folds of the episodes and out-of-fold predictions by feature set, for the export.
  package var folds: EpisodeFolds
  package var predictions: [(name: String, values: Matrix)]

  init(_ workbench: ProbeWorkbench, _ results: [ProbeJob: ProbeJobResult]) throws {
    let ledger = ScoreLedger(workbench, results)
    references = ledger.references()
    scores = ledger.scores(references)
    contrasts = ledger.contrasts()
    let keeper = GateKeeper(ledger)
    verdicts = keeper.verdicts(references, contrasts)
    overall = keeper.overall(verdicts)
    comparison = ledger.comparison()
    comparisonSentence = ledger.comparisonSentence(comparison)
    folds = workbench.folds
    predictions = ledger.exported
  }
}
