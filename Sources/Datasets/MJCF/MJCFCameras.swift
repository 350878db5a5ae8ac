internal import Files
internal import Tensors

/// Cameras of a MuJoCo model in XML that stand still (MuJoCo documentation, "XML Reference": camera, frame, default).
///
/// A camera stands in the world, in a frame, or in a body without joints, whose poses follow one upon another. What it does not
/// say itself, the default class says, and the class around that one.
struct MJCFCameras {
  private let root: XMLTree
  private let angles: MJCFAngles
  /// What cameras of each class are unless they say something else.
  private let defaults: [String: [String: String]]
  /// A file that the model includes, and so does not hold.
  private let included: String?

  /// - Throws: `files.xml.syntax`, `datasets.scene.unreadable`.
  init(parsing text: String) throws(VLMError) {
    root = try MJCF.root(of: text)
    angles = MJCFAngles(root)
    defaults = Self.defaults(root)
    included = root.first { $0.name == "include" }.map { $0.attributes["file"] ?? "a file" }
  }

  /// - Throws: `datasets.camera.unknown` when there is none of that name, or it moves, or is no pinhole.
  func camera(named name: String) throws(VLMError) -> PinholeCamera {
    guard let path = root.children(named: "worldbody").lazy.compactMap({ Self.path(to: name, in: $0) }).first
    else { throw Self.failure("there is no camera \(name)") }
    let camera = path.last!
    if let included, path.count > 2 || !Self.saysAll(camera) {
      throw Self.failure("the camera \(name) depends on \(included), which the model includes")
    }
    var pose = RigidPose.identity
    var childClass: String?
    for place in path.dropLast() {
      try Self.requireStill(place, holding: name)
      pose = try pose.then(angles.pose(place.attributes))
      childClass = place.attributes["childclass"] ?? childClass
    }
    let kind = camera.attributes["class"] ?? childClass ?? "main"
    let attributes = Self.merged(defaults[kind] ?? [:], camera.attributes)
    try Self.requirePinhole(attributes, name)
    let fieldOfView = try MJCFAngles.numbers(attributes, "fovy", count: 1)?[0] ?? 45
    guard 0 < fieldOfView, fieldOfView < 180 else {
      throw Self.failure("the camera \(name) sees \(fieldOfView) degrees (fovy)")
    }
    return PinholeCamera(pose: try pose.then(angles.pose(attributes)), fieldOfView: fieldOfView)
  }

  static func failure(_ message: String) -> VLMError {
    VLMError(
      .datasetCamera, message,
      remedy: "choose another with --camera, or do without positions drawn into frames")
  }

  /// The elements from the world to the camera.
  private static func path(to name: String, in place: XMLTree) -> [XMLTree]? {
    for child in place.children {
      if child.name == "camera", child.attributes["name"] == name { return [place, child] }
      if ["body", "frame"].contains(child.name), let path = path(to: name, in: child) {
        return [place] + path
      }
    }
    return nil
  }

  /// Whether nothing that a class may say, nor a unit of angles, bears upon where it is and what it sees.
  private static func saysAll(_ camera: XMLTree) -> Bool {
    let said = Set(camera.attributes.keys)
    return said.isSuperset(of: ["pos", "fovy"]) && (said.contains("xyaxes") || said.contains("zaxis"))
  }

  private static func requireStill(_ place: XMLTree, holding name: String) throws(VLMError) {
    let isMoved =
      place.attributes["mocap"] == "true"
      || place.name == "body"
        && MJCF.members(of: place).contains { ["joint", "freejoint"].contains($0.element.name) }
    guard isMoved else { return }
    let body = place.attributes["name"].map { " \($0)" } ?? ""
    throw failure("the camera \(name) moves with the body\(body)")
  }

  private static func requirePinhole(_ attributes: [String: String], _ name: String) throws(VLMError) {
    if let mode = attributes["mode"], mode != "fixed" {
      throw failure("the camera \(name) moves (mode \(mode))")
    }
    if attributes["orthographic"] == "true" || attributes["projection"] == "orthographic" {
      throw failure("the camera \(name) is orthographic")
    }
    if attributes["sensorsize"] != nil {
      throw failure("the camera \(name) has a sensor of its own (sensorsize), which is not read")
    }
  }

  private static func defaults(_ root: XMLTree) -> [String: [String: String]] {
    var found: [String: [String: String]] = [:]
    func visit(_ element: XMLTree, _ inherited: [String: String]) {
      let own = element.children(named: "camera").map(\.attributes).reduce(inherited, merged)
      found[element.attributes["class"] ?? "main"] = own
      for inner in element.children(named: "default") { visit(inner, own) }
    }
    for outermost in root.children(named: "default") {
      visit(outermost, found["main"] ?? [:])
      // Whatever the outermost class is called, elements without a class are of it.
      found["main"] = found[outermost.attributes["class"] ?? "main"]
    }
    return found
  }

  /// What was said, and what is said then; of spellings of an orientation the last one stays, and a `quat` beside it.
  private static func merged(_ before: [String: String], _ then: [String: String]) -> [String: String] {
    let respelled = MJCFAngles.spellings.contains { then[$0] != nil }
    return before.filter { !respelled || !MJCFAngles.spellings.contains($0.key) }
      .merging(then) { _, last in last }
  }
}
