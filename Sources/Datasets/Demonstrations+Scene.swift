internal import Files
package import Tensors

/// Where things are: by their names in the simulator's state where the recording says what that holds, else as they were
/// observed.
///
/// What changes by less than a camera can show in all frames in use, 1 mm or 0.01 of a radian, is held at its first value. Goals that
/// are marks or fixed bodies never move, so that no state holds them.
extension Demonstrations {
  /// Pairs of things that are related to each other, at most.
  package static let mostPairs = 10

  /// Position, and rotation where it is known, of every thing that moves or stands elsewhere in another episode.
  package func objectPoses() throws(VLMError) -> FrameValues {
    let found = try things()
    let poses = found.list.map { (name: $0.name, values: $0.values.holdingStill()) }
    let still = poses.filter(\.values.isStill).map(\.name)
    guard still.count < poses.count else {
      throw VLMError(.datasetKeyMissing, "no thing ever moves, of \(list(still))", file: path)
    }
    return FrameValues.beside(
      poses.map(\.values).filter { !$0.isStill },
      notes: found.notes + (still.isEmpty ? [] : ["left out, since they never move: \(list(still))"]))
  }

  /// The position of every thing less that of the end effector, then less those of other things.
  package func objectRelations() throws(VLMError) -> FrameValues {
    let found = try things()
    let hand = try endEffectorPosition()
    let places = found.list.map { (name: $0.name, values: $0.values.columns(0..<3)) }
    let pairs = places.indices.flatMap { second in (0..<second).map { ($0, second) } }
    let related = pairs.prefix(Self.mostPairs).map { first, second in
      places[second].values.less(
        places[first].values, named: "\(places[second].name) - \(places[first].name)")
    }
    let all = places.map { $0.values.less(hand, named: "\($0.name) - end effector") } + related
    let moving = all.map { $0.holdingStill() }.filter { !$0.isStill }
    guard !moving.isEmpty else {
      throw VLMError(.datasetKeyMissing, "nothing moves, of \(list(places.map(\.name)))", file: path)
    }
    return FrameValues.beside(
      moving,
      notes: found.notes
        + (pairs.count > related.count
          ? ["of \(pairs.count) pairs of things the first \(related.count) are related"] : []))
  }

  /// The distance from the end effector to the middle of the thing that is nearest.
  package func contactDistance() throws(VLMError) -> FrameValues {
    let found = try things()
    let hand = try endEffectorPosition()
    let values = (0..<frameCount).map { frame in
      let squares = found.list.map { thing in
        zip(thing.values.row(frame), hand.row(frame)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      return squares.min()!.squareRoot()
    }
    return FrameValues(
      columns: ["distance"], values: values, source: FrameValues.source(found.list.map(\.values) + [hand]),
      quantities: [.length], note: FrameValues.note(found.notes))
  }

  /// A free body, or a joint of another one, by its name.
  package func sceneValue(_ name: String) throws(VLMError) -> FrameValues {
    let scene = try RecordedScene(self)
    if let thing = scene.things.first(where: { $0.name == name }) { return thing.values.holdingStill() }
    let known = scene.things.map(\.name)
    throw VLMError(
      .datasetKeyMissing,
      scene.partial.contains(name)
        ? "\(name) is not in every demonstration"
        : scene.fixed.contains(name)
          ? "\(name) has no joint, so that it never moves and no state holds it"
          : "there is no body or joint \(name) in the scene",
      file: path, tensor: "states",
      remedy: (NearestNames.suggestion(for: name, among: known).map { $0 + "; " } ?? "")
        + "every demonstration has \(list(known))")
  }

  /// Things that have a place of their own, the robot's parts aside; at least one.
  private func things() throws(VLMError) -> (list: [(name: String, values: FrameValues)], notes: [String]) {
    do throws(VLMError) {
      let scene = try RecordedScene(self)
      let free = scene.things.filter { $0.freedom == .pose && $0.values.givenAwayBy == nil }
      guard !free.isEmpty else {
        throw VLMError(
          .datasetScene, "no body but the robot's is free to move", file: path, tensor: "states",
          remedy: "what else moves is state/NAME: \(list(scene.things.map(\.name)))")
      }
      let partial = scene.partial
      return (
        free.map { ($0.name, $0.values) },
        partial.isEmpty ? [] : ["left out, since not every demonstration has them: \(list(partial))"]
      )
    } catch {
      let names = observationKeys.filter { name in
        episodes[0].contents.observation(name).map { $0.role == .objectPosition && $0.width == 3 } == true
      }
      guard error.code == .datasetScene || error.code == .xmlSyntax, !names.isEmpty else { throw error }
      var observed: [(name: String, values: FrameValues)] = []
      for name in names { observed.append((name, try observation(name))) }
      return (observed, ["things are those observed, since the state names none: \(error)"])
    }
  }
}
