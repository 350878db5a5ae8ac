package import Datasets
package import Tensors

/// A quantity to read out: another one is another value in `all`.
package struct ProbeTarget: Sendable {
  /// What its predictions are scored by.
  package enum Score: Sendable {
    case r2
    /// R2, and open against closed as classes.
    case openClosed
    /// Columns are classes, 1 for the frame's and 0 for the others; R2 of these, and accuracy and log loss.
    case classes
  }

  /// As on the command line, in reports and in JSON.
  package let id: String
  /// For sentences: "end-effector position".
  package let title: String
  package let score: Score
  /// Whether it is probed only when it is named.
  package let onRequest: Bool
  /// Gets its values, which also know what may not stand in the baseline because it gives them away.
  package let source: @Sendable (Demonstrations) throws(VLMError) -> FrameValues

  package init(
    _ id: String, _ title: String, score: Score = .r2, onRequest: Bool = false,
    source: @escaping @Sendable (Demonstrations) throws(VLMError) -> FrameValues
  ) {
    self.id = id
    self.title = title
    self.score = score
    self.onRequest = onRequest
    self.source = source
  }

  /// All by name. What is probed when nothing is named, in this order, is those not on request only; of them, those that the data
  /// does not have are left out with a note.
  package static let all: [ProbeTarget] = [
    ProbeTarget("ee-position", "end-effector position") { data throws(VLMError) in
      try data.endEffectorPosition()
    },
    ProbeTarget("gripper", "gripper opening", score: .openClosed) { data throws(VLMError) in
      try data.gripper()
    },
    ProbeTarget("next-action", "next action") { data throws(VLMError) in try data.nextAction() },
    ProbeTarget("ee-rotation", "end-effector rotation") { data throws(VLMError) in
      try data.endEffectorRotation()
    },
    ProbeTarget("task", "task", score: .classes, onRequest: true) { data throws(VLMError) in try data.task()
    },
    // Eight times the columns of the next action, most of them much like it.
    ProbeTarget("action-chunk", "chunk of the next 8 actions", onRequest: true) { data throws(VLMError) in
      try data.actionChunk(8)
    },
    ProbeTarget("object-poses", "object pose", onRequest: true) { data throws(VLMError) in
      try data.objectPoses()
    },
    ProbeTarget("object-relations", "object relation", onRequest: true) { data throws(VLMError) in
      try data.objectRelations()
    },
    ProbeTarget("contact-distance", "distance to contact", onRequest: true) { data throws(VLMError) in
      try data.contactDistance()
    },
    // Against a baseline of its own, one without time.
    ProbeTarget("progress", "progress", onRequest: true) { data throws(VLMError) in data.progress() },
  ]

  /// What can be probed for in demonstrations, and why the rest cannot.
  package static func found(in demonstrations: Demonstrations) -> [DataInspection.Target] {
    standard(for: demonstrations).map { target in
      var lacks: String?
      do throws(VLMError) {
        _ = try ResolvedTarget(target, target.source(demonstrations))
      } catch { lacks = error.message }
      return DataInspection.Target(
        id: target.id, title: target.title, isDefault: !target.onRequest, lacks: lacks)
    }
  }

  /// `ee-position, gripper, …, obs/KEY or state/NAME`, for help and remedies.
  package static let choices = all.map(\.id).joined(separator: ", ") + ", obs/KEY or state/NAME"

  /// Any numeric observation.
  package static func observation(_ name: String) -> ProbeTarget {
    let id = "obs/\(name)"
    return ProbeTarget(id, id) { data throws(VLMError) in try data.observation(name) }
  }

  /// What is probed for in demonstrations, that on request too: of images what they are labelled with, for all else needs an action,
  /// an instruction or time.
  package static func standard(for demonstrations: Demonstrations) -> [ProbeTarget] {
    guard demonstrations.isOfImages else { return all }
    return demonstrations.labels.map { label in
      ProbeTarget("obs/\(label.name)", label.name.replacing("_", with: " "), score: label.isClass ? .classes : .r2) {
        data throws(VLMError) in try data.observation(label.name)
      }
    }
  }

  /// Any body or joint of the simulator's state.
  package static func sceneValue(_ name: String) -> ProbeTarget {
    let id = "state/\(name)"
    return ProbeTarget(id, id) { data throws(VLMError) in try data.sceneValue(name) }
  }

  /// One of `standard(for:)` by its id, of demonstrations `obs/KEY` and `state/NAME` too.
  package static func named(_ id: String, for demonstrations: Demonstrations) throws(VLMError) -> ProbeTarget {
    guard demonstrations.isOfImages else { return try named(id) }
    let known = standard(for: demonstrations)
    guard let target = known.first(where: { $0.id == id }) else {
      throw VLMError(
        .probeTargetUnusable, "images have no \(id)", file: demonstrations.path,
        remedy: "what they are labelled with is \(known.map(\.id).joined(separator: ", "))")
    }
    return target
  }

  /// One of `all` by its id, `obs/KEY` or `state/NAME`.
  package static func named(_ id: String) throws(VLMError) -> ProbeTarget {
    if let target = all.first(where: { $0.id == id }) { return target }
    for (prefix, make) in [("obs/", observation), ("state/", sceneValue)]
    where id.hasPrefix(prefix) && id.count > prefix.count {
      return make(String(id.dropFirst(prefix.count)))
    }
    throw VLMError(
      .probeTargetUnusable, "there is no target \(id)",
      remedy: (NearestNames.suggestion(for: id, among: all.map(\.id)).map { $0 + " Or " } ?? "")
        + "use \(choices)")
  }
}
