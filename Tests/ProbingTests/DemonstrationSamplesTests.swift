import Datasets
import Features
import Files
import Foundation
import Mapping
import Tensors
import TestSupport
import Testing

@testable import Probing

@Suite struct DemonstrationSamplesTests {
  /// Whatever is probed, a record of the robot that is not there or cannot be used is missing in the baseline.
  @Test func saysWhatTheBaselineLacks() throws {
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "lift_the_cup_demo.hdf5").path
      try Self.write(path)
      var options = ProbeEncoder.Options(
        checkpoint: try MappedCheckpoint.open(Fixture.url("tabletop-vlm").path), data: path, cache: .none)
      options.targets = ["next-action"]
      let notes = try DemonstrationSamples(options, progress: nil).notes
      let said = notes.filter { $0.hasPrefix("The baseline is without ") }
      #expect(said.count == 2, "\(notes)")
      #expect(
        said.first?.contains("end-effector rotation") == true && said.last?.contains("gripper state") == true)
    }
  }

  /// Each shipped frame has its camera; what was written without one says so once for all of its frames.
  @Test func camerasOfExamplesAreKnownOrSaid() throws {
    let checkpoint = try MappedCheckpoint.open(Fixture.url("tabletop-vlm").path)
    var shipped = ProbeEncoder.Options(
      checkpoint: checkpoint, data: Fixture.url("demonstrations").path, cache: .none)
    shipped.dataOptions.framesPerEpisode = 2
    let samples = try DemonstrationSamples(shipped, progress: nil)
    let (frames, missing) = try samples.projectedFrames(of: samples.decoded.findings().examples)
    #expect(frames.map(\.episode) == [0, 6, 12] && frames.map(\.index) == [1, 13, 25] && missing.isEmpty)
    #expect(Set(frames.map { $0.projection.camera.pose.position }).count == 3, "each episode has its own")

    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "lift_the_cup_demo.hdf5").path
      try Self.write(path)
      let options = ProbeEncoder.Options(checkpoint: checkpoint, data: path, cache: .none)
      let samples = try DemonstrationSamples(options, progress: nil)
      let (frames, missing) = try samples.projectedFrames(of: samples.decoded.findings().examples)
      #expect(frames.isEmpty && missing.count == 1)
      #expect(
        missing.first?.hasPrefix(
          "The recording tells no camera for 3 of 3 example frames: there is no such text, which describes the simulated scene ("
        ) == true, "\(missing)")
    }
  }

  /// Twelve episodes with a picture, an action and where the hand is.
  private static func write(_ path: String) throws {
    var numbers = SeededGenerator(seed: 1, purpose: "demonstrations")
    let rows = 8
    let writer = try HDF5Writer(path)
    for demo in 0..<12 {
      let place = "/data/demo_\(demo)"
      try writer.write(
        (0..<rows * 8 * 8 * 3).map { _ in UInt8(truncatingIfNeeded: numbers.next()) },
        to: "\(place)/obs/agentview_rgb", shape: [rows, 8, 8, 3])
      for (name, width) in [("obs/ee_pos", 3), ("actions", 7)] {
        try writer.write(
          (0..<rows * width).map { _ in numbers.normal() }, to: "\(place)/\(name)", shape: [rows, width])
      }
    }
    try writer.commit()
  }
}
