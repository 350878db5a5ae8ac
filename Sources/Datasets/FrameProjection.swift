/// From points of the world to frames as they are shown.
package struct FrameProjection: Sendable, Equatable {
  package let camera: PinholeCamera
  /// Of a frame, in pixels.
  let width: Int
  let height: Int
  let stored: ImageOrientation
  let taken: ImageOrientation

  /// - Parameters:
  ///   - stored: how the recording has its frames.
  ///   - taken: how they are turned upright.
  package init(
    camera: PinholeCamera, width: Int, height: Int, stored: ImageOrientation, taken: ImageOrientation
  ) {
    self.camera = camera
    self.width = width
    self.height = height
    self.stored = stored
    self.taken = taken
  }

  /// Where a point (metres) is; `nil` for one that is not before the camera. It may be outside of the frame.
  package func callAsFunction(_ point: [Double]) -> FramePlace? {
    camera.place(of: point, width: width, height: height)
      .map { stored.shown($0, taken: taken, width: width, height: height) }
  }
}

/// A place in a frame in pixels from its upper left corner, so that the middle of the first pixel is at 0.5, 0.5.
package struct FramePlace: Sendable, Equatable {
  package var x: Double
  package var y: Double
  /// Distance from the camera along its axis, in metres.
  package var depth: Double
}
