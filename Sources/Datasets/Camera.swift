internal import Tensors

/// The frames of one camera, the same in every demonstration.
struct Camera {
  /// Data set below `obs/`, and why this one.
  let key: Chosen<String>
  /// Other frames in the first demonstration, sorted.
  let others: [String]
  let height: Int
  let width: Int

  /// The workspace camera as LIBERO and robomimic (`agentview_image` of robosuite) name it.
  private static let workspace = ["agentview_rgb", "agentview_image"]

  /// Takes the frames asked for; else the only ones, else the workspace camera by its name. Several of which none has
  /// that name are refused: which one a policy looks through is not for a reader to guess.
  init(_ layouts: [Layout], _ files: [any ArrayFile], wanted: String?) throws(VLMError) {
    let first = layouts[0]
    let file = files[first.file]
    var candidates: [String] = []
    for key in first.observations where try file.facts(of: "\(first.group)/obs/\(key)")?.isImages == true {
      candidates.append(key)
    }
    key = try Self.choose(candidates, wanted: wanted, first, file)
    let name = key.value
    others = candidates.filter { $0 != name }
    (height, width) = try Self.extents(name, layouts, files)
  }

  private static func choose(
    _ candidates: [String], wanted: String?, _ layout: Layout, _ file: any ArrayFile
  ) throws(VLMError) -> Chosen<String> {
    func refusal(_ message: String, remedy: String) -> VLMError {
      VLMError(
        .datasetKeyMissing, message, file: file.path, tensor: "\(layout.group)/obs", remedy: remedy)
    }
    let kind = "frames (T, H, W, 3) of bytes"
    guard !candidates.isEmpty else {
      throw refusal("there are no \(kind)", remedy: "it holds \(list(layout.observations))")
    }
    if let wanted {
      let key = wanted.hasPrefix("obs/") ? String(wanted.dropFirst(4)) : wanted
      guard candidates.contains(key) else {
        let near = NearestNames.suggestion(for: key, among: candidates).map { $0 + "; " } ?? ""
        throw refusal(
          "there are no \(kind) named \(key)", remedy: near + "frames in it: \(list(candidates))")
      }
      return Chosen(key, "named by --camera")
    }
    if candidates.count == 1 { return Chosen(candidates[0], "the only frames there are") }
    guard let key = workspace.first(where: candidates.contains) else {
      throw refusal(
        "there are frames of \(candidates.count) cameras, none of them named agentview",
        remedy: "choose one with --camera: \(list(candidates))")
    }
    return Chosen(
      key, "the workspace camera by its name; there are also \(list(candidates.filter { $0 != key }))")
  }

  private static func extents(
    _ key: String, _ layouts: [Layout], _ files: [any ArrayFile]
  ) throws(VLMError) -> (height: Int, width: Int) {
    var shape: (height: Int, width: Int)?
    for layout in layouts {
      let name = "\(layout.group)/obs/\(key)"
      let file = files[layout.file]
      guard let facts = try file.facts(of: name), facts.isImages, facts.extents[1] > 0, facts.extents[2] > 0
      else {
        throw VLMError(
          .datasetKeyMissing, "there are no frames of that name here, unlike in the first demonstration",
          file: file.path, tensor: name, remedy: "it holds \(list(layout.observations))")
      }
      guard facts.rows == layout.length else {
        throw VLMError(
          .datasetLength, "\(facts.rows) frames, but \(layout.length) actions", file: file.path, tensor: name,
          remedy: "the demonstration is cut short; record it again, or \(layout.leaveOut)")
      }
      let extents = (height: facts.extents[1], width: facts.extents[2])
      if let shape, shape != extents {
        throw VLMError(
          .datasetInconsistent,
          "frames are \(extents.height) x \(extents.width), in the first demonstration \(shape.height) x \(shape.width)",
          file: file.path, tensor: name, remedy: "probe the files of one size at a time")
      }
      shape = extents
    }
    return shape ?? (1, 1)
  }
}
