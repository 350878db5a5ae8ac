internal import Files
internal import Tensors

/// A MuJoCo model in XML, as far as it says what the numbers of a state are.
///
/// A recorded state is time, qpos, qvel. Joints take their places in qpos body by body, depth first in the order of the
/// document, a body's own joints before those of the bodies in it: 7 numbers for a free one, 4 for a ball, 1 for a hinge or a
/// slide, and in qvel 6, 3 and 1 (MuJoCo documentation, "Modeling", "XML Reference").
struct MJCF {
  let scene: SceneState
  /// Numbers of a state.
  let width: Int

  /// - Throws: `files.xml.syntax`, `datasets.scene.unreadable`.
  init(parsing text: String) throws(VLMError) {
    let root = try Self.root(of: text)
    // Elements that stand for others, until the model is compiled.
    let abbreviations: Set = ["include", "replicate", "composite", "flexcomp", "attach"]
    if let short = root.first(where: { abbreviations.contains($0.name) }) {
      let what = short.attributes["file"].map { "\(short.name) of \($0)" } ?? short.name
      throw Self.failure("it has an element \(what), so that not all of the model is in it")
    }
    var walk = Walk(defaults: Self.jointTypes(root))
    for world in root.children(named: "worldbody") { try walk.visit(world, name: nil, childClass: nil) }
    // Time comes first.
    scene = SceneState(variables: walk.variables, fixed: walk.fixed)
    width = walk.nextPosition + walk.velocities
  }

  /// The outermost element.
  static func root(of text: String) throws(VLMError) -> XMLTree {
    let root = try XMLTree(parsing: text)
    guard root.name == "mujoco" else { throw failure("the outermost element is \(root.name), not mujoco") }
    return root
  }

  /// What stands in a body, in order; a frame moves what is in it and is nothing else.
  static func members(
    of body: XMLTree, _ childClass: String? = nil
  ) -> [(element: XMLTree, childClass: String?)] {
    body.children.flatMap { child in
      child.name == "frame"
        ? members(of: child, child.attributes["childclass"] ?? childClass) : [(child, childClass)]
    }
  }

  private static func failure(_ message: String) -> VLMError {
    VLMError(
      .datasetScene, message,
      remedy: "record the compiled model, as mj_saveLastXML and robosuite's get_xml write it")
  }

  /// The type that joints of every class have where they do not say; a class has what the class around it has.
  private static func jointTypes(_ root: XMLTree) -> [String: String] {
    var types: [String: String] = [:]
    func visit(_ element: XMLTree, _ inherited: String) {
      let type = element.children(named: "joint").last?.attributes["type"] ?? inherited
      types[element.attributes["class"] ?? "main"] = type
      for inner in element.children(named: "default") { visit(inner, type) }
    }
    for outermost in root.children(named: "default") {
      visit(outermost, "hinge")
      // Whatever the outermost class is called, elements without a class are of it.
      types["main"] = types[outermost.attributes["class"] ?? "main"]
    }
    return types
  }

  /// Through the bodies in the order in which MuJoCo numbers them.
  private struct Walk {
    let defaults: [String: String]
    var variables: [SceneState.Variable] = []
    var fixed: Set<String> = []
    var nextPosition = 1
    var velocities = 0

    init(defaults: [String: String]) { self.defaults = defaults }

    mutating func visit(_ body: XMLTree, name: String?, childClass: String?) throws(VLMError) {
      let childClass = body.attributes["childclass"] ?? childClass
      let members = MJCF.members(of: body, childClass)
      let joints = members.filter { ["joint", "freejoint"].contains($0.element.name) }
      for (joint, childClass) in joints { try take(joint, of: name, childClass) }
      if joints.isEmpty, let name { fixed.insert(name) }
      for (site, _) in members where site.name == "site" {
        if let name = site.attributes["name"] { fixed.insert(name) }
      }
      for (inner, childClass) in members where inner.name == "body" {
        try visit(inner, name: inner.attributes["name"], childClass: childClass)
      }
    }

    private mutating func take(_ joint: XMLTree, of body: String?, _ childClass: String?) throws(VLMError) {
      let type =
        joint.name == "freejoint"
        ? "free"
        : joint.attributes["type"] ?? defaults[joint.attributes["class"] ?? childClass ?? "main"] ?? "hinge"
      let known: [String: (freedom: SceneState.Freedom, positions: Int, velocities: Int)] = [
        "free": (.pose, 7, 6), "ball": (.ball, 4, 3), "hinge": (.hinge, 1, 1), "slide": (.slide, 1, 1),
      ]
      guard let (freedom, positions, velocities) = known[type] else {
        throw MJCF.failure("a joint is of type \(type), which MuJoCo does not have")
      }
      let own = joint.attributes["name"]
      if let name = freedom == .pose ? body ?? own : own {
        // A body and a joint may be called alike.
        let isTaken = variables.contains { $0.name == name }
        let unique = !isTaken ? name : name + (freedom == .pose ? " (body)" : " (joint)")
        variables.append(
          SceneState.Variable(
            name: unique, freedom: freedom, columns: nextPosition..<nextPosition + positions))
      }
      nextPosition += positions
      self.velocities += velocities
    }
  }
}
