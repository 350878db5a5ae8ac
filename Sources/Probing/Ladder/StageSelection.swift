package import Features
internal import Mapping
internal import Runtime
package import Tensors

/// Which stages are probed: all, or those named. The modules' exits are always among them, for verdicts rest on these.
package struct StageSelection: Sendable {
  /// `vision`, `projector`, `language`, a stage's name, or what such a name begins with up to a dot; `exits` for nothing but
  /// the exits; empty for all.
  package let names: [String]

  package init(_ names: [String]) { self.names = names }

  /// Whether the language model has to run.
  package var reachesLanguage: Bool {
    names.isEmpty || names.contains { $0 == Self.exits || $0.prefix { $0 != "." } == Self.language }
  }

  /// The points chosen of a ladder.
  ///
  /// - Throws: `probing.stage.unknown` for a name that fits none of them.
  package func chosen(of points: [ProbePoint], in file: String) throws(VLMError) -> [ProbePoint] {
    if let unknown = names.first(where: { name in
      name != Self.exits && !points.contains { Self.fits($0, name) }
    }) {
      throw VLMError(
        .probeStageUnknown, "there is no stage \(unknown)", file: file,
        remedy: (NearestNames.suggestion(for: unknown, among: points.map(\.name)).map { $0 + " Or " } ?? "")
          + "name vision, projector, language, exits or one of \(points.map(\.name).joined(separator: ", "))")
    }
    return common(to: points)
  }

  /// Those that another model has too: names that fit none of its points choose none.
  package func common(to points: [ProbePoint]) -> [ProbePoint] {
    guard !names.isEmpty else { return points }
    let exits = Self.exits(of: points)
    return points.filter { point in
      exits.contains(point) || names.contains { Self.fits(point, $0) }
    }
  }

  /// What leaves the modules: what verdicts rest on.
  package static func exits(of points: [ProbePoint]) -> Set<ProbePoint> {
    Set(ProbeLadder(points).rungs.flatMap(\.blocks).map { points[$0] })
  }

  package static let exits = "exits"
  private static let language = "language"

  private static func fits(_ point: ProbePoint, _ name: String) -> Bool {
    point.stage.component.rawValue == name || point.name == name || point.name.hasPrefix(name + ".")
  }
}
