import Datasets
import Images
import Tensors
import Testing

/// What every `DemonstrationSource` keeps to; run it over a small recording of a new format.
///
///     try DemonstrationSourceConformance.check(try DemonstrationFormat.open(path))
enum DemonstrationSourceConformance {
  ///
  /// - Parameter episodes: that are gone through in full; one will do where each frame takes a process of its own.
  static func check(_ source: any DemonstrationSource, episodes: Int = 3) throws {
    try list(source)
    for episode in try #require(usable(source), "no episode can be used").prefix(episodes) {
      try describe(source, episode)
      try numbers(source, episode)
      try scene(source, episode)
      try pinholes(source, episode)
      try frames(source, episode)
      try upright(source, episode)
      for lag in [0, 1] { try aligned(source, episode, lag: lag) }
    }
    try whatIsKnown(source)
    try tasks(source)
  }

  private static func usable(_ source: any DemonstrationSource) -> [Int]? {
    let found = source.episodes.indices.filter { source.episodes[$0].lacks == nil }
    return found.isEmpty ? nil : found
  }

  /// Episodes stand in a file each and can be told apart by what a user calls them.
  private static func list(_ source: any DemonstrationSource) throws {
    #expect(source.episodes.allSatisfy { source.files.indices.contains($0.file) })
    #expect(source.episodes.allSatisfy { !$0.name.isEmpty && !$0.name.contains(":") })
    #expect(Set(source.episodes.map { "\($0.file):\($0.name)" }).count == source.episodes.count)
    #expect(
      source.episodes.map(\.file) == source.episodes.map(\.file).sorted(), "episodes are in order of files")
    #expect(!source.vocabulary.frames.isEmpty)
  }

  /// Frames, values and actions have as many rows as the episode, and each name stands for one thing.
  private static func describe(_ source: any DemonstrationSource, _ episode: Int) throws {
    let contents = try source.describe(episode)
    #expect(contents == (try source.describe(episode)), "described differently the second time")
    #expect(contents.length > 0)
    // Images are told nothing, and nobody acts in them.
    #expect(
      contents.instruction.value.contains { $0.isLetter } != source.isOfImages, "what the robot is told")
    #expect(!contents.instruction.evidence.isEmpty)
    #expect(
      contents.values.filter { $0.role == .action }.count == (source.isOfImages ? 0 : 1), "actions are one table")
    #expect(contents.values.contains { $0.role.isLabel } == source.isOfImages, "images have labels")
    #expect(!source.isOfImages || contents.length == 1 && source.sampling != nil)
    #expect(contents.values.filter { $0.role == .simulatorState }.count <= 1, "states are one table")
    #expect(!contents.values.contains { $0.role == .previousAction }, "that is what AlignedSource makes")
    for values in contents.values {
      #expect(values.rows == contents.length, "\(values.place)")
      #expect(
        values.columns.count == values.width && Set(values.columns).count == values.width, "\(values.place)")
      if values.role.isObservation { #expect(contents.names.contains(values.name)) }
    }
    let observed = contents.values.filter(\.role.isObservation).map(\.name)
    #expect(Set(observed).count == observed.count && observed == observed.sorted())
    let cameras = contents.cameras.map(\.name)
    #expect(!cameras.isEmpty && Set(cameras).count == cameras.count && cameras == cameras.sorted())
    for camera in contents.cameras { #expect(camera.frames == contents.length, "\(camera.place)") }
  }

  /// Values fill their table, are finite, and are reread alike.
  private static func numbers(_ source: any DemonstrationSource, _ episode: Int) throws {
    for values in try source.describe(episode).values {
      let table = try source.values(values, of: episode)
      #expect(table.count == values.rows * values.width, "\(values.place)")
      #expect(table.allSatisfy { $0.isFinite }, "\(values.place)")
      #expect(table == (try source.values(values, of: episode)), "\(values.place)")
    }
  }

  /// What is said of the simulator's state fits it; whoever cannot say refuses.
  private static func scene(_ source: any DemonstrationSource, _ episode: Int) throws {
    do {
      let scene = try source.scene(of: episode)
      let states = try #require(try source.describe(episode).values.first { $0.role == .simulatorState })
      #expect(Set(scene.variables.map(\.name)).count == scene.variables.count)
      for variable in scene.variables {
        let count =
          switch variable.freedom {
          case .pose: 7
          case .ball: 4
          case .hinge, .slide: 1
          }
        #expect(variable.columns.count == count && (0...states.width).contains(variable.columns.upperBound))
      }
    } catch let error as VLMError {
      #expect(error.code == .datasetScene && error.file != nil && error.tensor != nil, "\(error)")
    }
  }

  /// A camera that is told has axes at right angles, and sees what is before it; whoever cannot say refuses.
  private static func pinholes(_ source: any DemonstrationSource, _ episode: Int) throws {
    for camera in try source.describe(episode).cameras {
      do {
        let pinhole = try source.pinhole(of: camera.name, in: episode)
        let (centre, axes) = (pinhole.pose.position, pinhole.pose.rotation)
        for (first, second) in [(0, 0), (1, 1), (2, 2), (0, 1), (1, 2), (2, 0)] {
          let product = (0..<3).reduce(0) { $0 + axes[3 * first + $1] * axes[3 * second + $1] }
          #expect(abs(product - (first == second ? 1 : 0)) < 1e-9, "\(camera.place)")
        }
        let ahead = (0..<3).map { centre[$0] - axes[6 + $0] }
        let place = try #require(pinhole.place(of: ahead, width: camera.width, height: camera.height))
        #expect(
          abs(place.x - Double(camera.width) / 2) < 1e-9 && abs(place.y - Double(camera.height) / 2) < 1e-9)
      } catch let error as VLMError {
        #expect(error.code == .datasetCamera && error.file != nil && error.tensor != nil, "\(error)")
      }
    }
  }

  /// A frame is RGB of the stated size, and the same one whichever rows are read with it.
  private static func frames(_ source: any DemonstrationSource, _ episode: Int) throws {
    let contents = try source.describe(episode)
    for camera in contents.cameras {
      let all = try source.frames(camera, rows: Array(0..<contents.length), of: episode)
      #expect(all.count == contents.length)
      #expect(all.allSatisfy { $0.width == camera.width && $0.height == camera.height }, "\(camera.place)")
      let some = Array(Set([0, contents.length / 2, contents.length - 1])).sorted()
      #expect(try source.frames(camera, rows: some, of: episode) == some.map { all[$0] }, "\(camera.place)")
      for row in some { #expect(try source.frames(camera, rows: [row], of: episode) == [all[row]]) }
      #expect(try source.frames(camera, rows: [], of: episode).isEmpty)
    }
  }

  /// Turning changes pixels and nothing else.
  private static func upright(_ source: any DemonstrationSource, _ episode: Int) throws {
    let contents = try source.describe(episode)
    for orientation in ImageOrientation.allCases {
      let turned = UprightSource(source, stored: orientation)
      #expect(try turned.describe(episode) == contents)
      #expect(
        turned.episodes == source.episodes && turned.files == source.files && turned.path == source.path)
      for values in contents.values {
        #expect(try turned.values(values, of: episode) == source.values(values, of: episode))
      }
      for camera in contents.cameras {
        let stored = try source.frames(camera, rows: [0], of: episode)
        let upright = try turned.frames(camera, rows: [0], of: episode)
        #expect(upright == stored.map(orientation.upright))
        #expect(upright.map(orientation.upright) == stored, "turned twice it stands as before")
        let known = try turned.orientation(of: camera.name, in: [episode]).choose(nil)
        #expect(known.value == .asStored)
        #expect(lag(turned, camera.name) == lag(source, camera.name))
      }
    }
  }

  /// Aligning moves the rows of states and actions and nothing else.
  private static func aligned(_ source: any DemonstrationSource, _ episode: Int, lag: Int) throws {
    let contents = try source.describe(episode)
    guard contents.length > lag else { return }
    let moved = AlignedSource(source, lag: lag)
    let after = try moved.describe(episode)
    #expect(after.length == contents.length - lag && after.instruction == contents.instruction)
    #expect(after.cameras.allSatisfy { $0.frames == after.length })
    #expect(after.values.allSatisfy { $0.rows == after.length })
    for (values, before) in zip(after.values, contents.values) {
      let first = values.role.isObservation ? 0 : lag
      let expected = try source.values(before, of: episode)[
        first * values.width..<(first + after.length) * values.width]
      #expect(try moved.values(values, of: episode) == Array(expected), "\(values.place) at lag \(lag)")
    }
    guard !source.isOfImages else { return }
    let previous = try #require(after.values.last)
    #expect(previous.role == .previousAction && after.values.count == contents.values.count + 1)
    let actions = try source.values(try #require(contents.values.first { $0.role == .action }), of: episode)
    let start = lag == 0 ? [Double](repeating: 0, count: previous.width) : []
    #expect(
      try moved.values(previous, of: episode)
        == Array((start + actions).prefix(after.length * previous.width)))
    for camera in after.cameras {
      let rows = [0, after.length - 1]
      let before = try #require(contents.cameras.first { $0.name == camera.name })
      #expect(
        try moved.frames(camera, rows: rows, of: episode) == source.frames(before, rows: rows, of: episode))
      #expect(Self.lag(moved, camera.name) == 0)
    }
  }

  /// What is said of lag and orientation can be used, and a part of the recording that is not there is refused.
  private static func whatIsKnown(_ source: any DemonstrationSource) throws {
    let episodes = try #require(usable(source))
    for camera in try source.describe(episodes[0]).cameras {
      #expect((0...1).contains(lag(source, camera.name)))
      #expect(!(try source.orientation(of: camera.name, in: episodes).choose(nil).evidence.isEmpty))
    }
    let error = #expect(throws: VLMError.self) { try source.part(named: "no such part") }
    #expect(error?.code == .datasetMask)
  }

  private static func lag(_ source: any DemonstrationSource, _ camera: String) -> Int {
    switch source.lag(of: camera) {
    case .known(let lag): lag.rows
    case .undetermined(let fallback): fallback
    }
  }

  /// Instructions split the episodes into tasks, and what a probe needs is there.
  private static func tasks(_ source: any DemonstrationSource) throws {
    let camera = try source.describe(try #require(usable(source))[0]).cameras[0].name
    let data = try Demonstrations(source, options: DemonstrationOptions(camera: camera, framesPerEpisode: 3))
    #expect(!data.tasks.isEmpty && Set(data.tasks).count == data.tasks.count)
    #expect(Set(data.episodes.map(\.task)) == Set(data.tasks.indices), "a task without an episode")
    for episode in data.episodes {
      #expect(data.tasks[episode.task] == (try source.describe(episode.index).instruction.value))
    }
    if !source.isOfImages {
      #expect(try data.nextAction().frameCount == data.frameCount)
      #expect(try data.previousAction().frameCount == data.frameCount)
    }
    for name in data.observationKeys { #expect(try data.observation(name).frameCount == data.frameCount) }
  }
}
