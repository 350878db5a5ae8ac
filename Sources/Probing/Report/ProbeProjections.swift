package import Datasets

/// Points of the world in example frames: where they were, and where they are read out of fold.
public struct ProbeProjections: Encodable, Sendable, Equatable {
  /// Those of the example frames.
  public var cameras: [Camera]
  /// Target by target, frame by frame.
  public var points: [Point]
  /// Frames into which nothing can be projected, and why: a sentence for each reason.
  public var missing: [String]

  package init(cameras: [Camera], points: [Point], missing: [String]) {
    self.cameras = cameras
    self.points = points
    self.missing = missing
  }

  /// What a frame was seen by, as the recording tells it.
  public struct Camera: Encodable, Sendable, Equatable {
    /// The episode's place among those in use, from 0.
    public var episode: Int
    /// Row of the recording.
    public var row: Int
    /// In metres.
    public var position: [Double]
    /// Its axes in the world, one after another: to the right, up and back.
    public var axes: [Double]
    /// From the lower to the upper edge of the frame, in degrees.
    public var fieldOfView: Double

    package init(episode: Int, row: Int, position: [Double], axes: [Double], fieldOfView: Double) {
      self.episode = episode
      self.row = row
      self.position = position
      self.axes = axes
      self.fieldOfView = fieldOfView
    }

    package init(_ frame: Frame) {
      let camera = frame.projection.camera
      self.init(
        episode: frame.episode, row: frame.row, position: camera.pose.position, axes: camera.pose.rotation,
        fieldOfView: camera.fieldOfView)
    }
  }

  /// One point in one frame.
  public struct Point: Encodable, Sendable, Equatable {
    /// Name of the target.
    public var target: String
    /// The episode's place among those in use, from 0.
    public var episode: Int
    /// Row of the recording.
    public var row: Int
    /// `x`, `y`, `z` (`puck.x`, `goal_pos[0]` and so on).
    public var columns: [String]
    /// As recorded.
    public var truth: Place
    /// From fixed features of the frames.
    public var frames: Place
    /// From the last module's output.
    public var model: Place

    package init(
      target: String, episode: Int, row: Int, columns: [String], truth: Place, frames: Place, model: Place
    ) {
      self.target = target
      self.episode = episode
      self.row = row
      self.columns = columns
      self.truth = truth
      self.frames = frames
      self.model = model
    }
  }

  /// Where a point is, in the world and in the frame.
  public struct Place: Encodable, Sendable, Equatable {
    /// x, y and z in metres.
    public var world: [Double]
    /// Metres from the recorded point.
    public var distance: Double
    /// Pixels from the frame's left edge, outside of the frame or not; `nil` behind the camera.
    public var x: Double?
    /// The same from the upper edge.
    public var y: Double?
    /// Metres before the camera; `nil` behind it.
    public var depth: Double?

    package init(world: [Double], distance: Double, x: Double?, y: Double?, depth: Double?) {
      self.world = world
      self.distance = distance
      self.x = x
      self.y = y
      self.depth = depth
    }

    init(_ world: [Double], from truth: [Double], seen: FramePlace?) {
      let squares = zip(world, truth).map { ($0 - $1) * ($0 - $1) }
      self.init(
        world: world, distance: squares.reduce(0, +).squareRoot(), x: seen?.x, y: seen?.y, depth: seen?.depth)
    }
  }

  /// A frame that points are projected into.
  package struct Frame: Sendable {
    /// Among all frames in use.
    package let index: Int
    package let episode: Int
    package let row: Int
    package let projection: FrameProjection

    package init(index: Int, episode: Int, row: Int, projection: FrameProjection) {
      self.index = index
      self.episode = episode
      self.row = row
      self.projection = projection
    }
  }
}
