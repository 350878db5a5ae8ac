package import Statistics

/// What the statistics found, without data facts and settings.
package struct ProbeFindings: Sendable {
  package var scores: [ProbeScore]
  package var references: [TargetReferences]
  package var contrasts: [ProbeContrast]
  package var verdicts: [ProbeVerdict]
  package var overall: ProbeVerdict
  package var byTask: [ProbeTaskScore]
  package var comparison: [ProbeComparison]
  package var comparisonSentence: String?
  /// Folds of the episodes, feature sets by name, and what frames and modules hold together, for the export.
  package var folds: EpisodeFolds
  package var sets: [(name: String, score: FeatureSetScore)]
  package var joint: LadderScores

  init(
    _ validation: CrossValidation, _ results: [ProbeJob: ProbeJobResult], _ scores: LadderScores,
    framesNull: [PermutationNull.Outcome]
  ) throws {
    let table = ScoreTable(validation, results, scores, framesNull: framesNull)
    references = table.references()
    self.scores = table.scores(references)
    contrasts = table.contrasts()
    verdicts = table.verdicts(references, contrasts)
    overall = table.overall(verdicts)
    byTask = table.byTask(validation.problem.instructions)
    comparison = table.comparison()
    comparisonSentence = table.comparisonSentence(comparison)
    folds = validation.folds
    sets = table.exported
    joint = scores
  }
}
