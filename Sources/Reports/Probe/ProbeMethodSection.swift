internal import Probing

/// What may not be concluded, how the numbers were made, and how to make them again.
struct ProbeMethodSection {
  let report: ProbeReport
  let run: RunContext

  var markup: Markup {
    .group([
      tag(
        "section", ["aria-labelledby": "method"],
        [
          tag("h2", ["id": "method"], ["Method and limits"]),
          tag("ul", ["class": "plain"], report.caveats.map { tag("li", [.text(Typography.sentence($0))]) }),
          settings,
        ]),
      Page.reproduction(
        run, lead: "The same checkpoint, data and seed give the same numbers, up to rounding on another processor.",
        [provenance, timings.markup]),
    ])
  }

  private var settings: Markup {
    let settings = report.settings
    var list = FactList()
    list.add("Probe", "ridge, penalty chosen in inner folds")
    list.add(
      "Ridge penalties",
      "\(Figure.count(settings.lambdas.count)) from \(Figure.scientific(settings.lambdas.min() ?? .nan)) to "
        + "\(Figure.scientific(settings.lambdas.max() ?? .nan)), times tr(A)/p")
    list.add("Folds", "\(settings.folds), whole episodes; inner folds the same way")
    list.add(
      "Readouts",
      "mean over tokens; \(settings.gridSide) × \(settings.gridSide) grid; pixels as "
        + "\(settings.pixelGridSide) × \(settings.pixelGridSide) grid")
    list.add(
      "Margin",
      "\(Figure.decimal(settings.margin, places: 3)) R², or \(Typography.percent(settings.marginShare)) of what frames and model add to the baseline when that is more"
    )
    list.add(
      "Intervals",
      "simultaneous \(Typography.percent(settings.confidence)), from every score without each episode in turn; curves in the "
        + "\(settings.refitRank) leading directions")
    list.add(
      "Permutation test",
      "\(Figure.count(settings.permutations)) permutations among episodes, \(settings.nullRank) leading directions, "
        + "p below \(Figure.decimal(settings.significance, places: 3))")
    list.add("Least episodes", Figure.count(settings.minimumEpisodes))
    list.add("Seed", "\(settings.seed); randomly initialised encoder \(settings.randomInitSeed)")
    return list.markup
  }

  private var provenance: Markup {
    var list = FactList()
    list.add("vlmtool", run.machine.isEmpty ? run.version : "\(run.version) (\(run.machine))")
    add(report.subject, as: "Checkpoint", to: &list)
    if let second = report.comparisonSubject { add(second, as: "Compared", to: &list) }
    for reference in report.referenceSubjects { add(reference, as: "Reference encoder", to: &list) }
    return list.markup
  }

  private func add(_ subject: ProbeSubject, as name: String, to list: inout FactList) {
    list.add(name, code: subject.path)
    list.add(
      "\(name): computed as",
      "\(subject.family), \(subject.precision)"
        + (subject.featuresFromCache ? ", features from the cache" : ""))
    list.add("\(name): SHA-256", code: subject.sha256)
  }

  private var timings: HTMLTable {
    HTMLTable(
      "Time taken", [.text("Part"), .number("time")],
      rows: report.timings.map { [.text($0.activity), .text(Figure.duration($0.seconds))] })
  }
}
