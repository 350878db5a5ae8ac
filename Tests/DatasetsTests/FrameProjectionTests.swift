import Foundation
import Images
import Tensors
import TestSupport
import Testing

@testable import Datasets

/// Against what MuJoCo drew; see fixtures/oracle/make_scenes.py and make_demos.py.
@Suite struct FrameProjectionTests {
  private struct Truth: Decodable {
    /// By episode and row: the middle of the magenta ball at the hand, x and y.
    let balls: [[[Double]]]
  }

  private static func open(_ name: String, _ options: DemonstrationOptions = .init()) throws -> Demonstrations
  {
    try Demonstrations.open(Fixture.url(name).path, options: options)
  }

  /// Whether the model stands as it was written or as it was compiled.
  @Test func theHandIsWhereItIsSeen() throws {
    let data = try Self.open("scenes/kitchen.hdf5", DemonstrationOptions(frameBudget: 10_000))
    let truth = try JSONDecoder().decode(
      Truth.self, from: Data(contentsOf: Fixture.url("scenes/kitchen.json")))
    let hand = try data.endEffectorPosition()
    var frame = 0
    for (episode, balls) in zip(data.episodes, truth.balls) {
      let projection = try data.projection(of: episode)
      for row in episode.rows {
        let place = try #require(projection(Array(hand.row(frame))))
        #expect(
          abs(place.x - balls[row][0]) < 1 && abs(place.y - balls[row][1]) < 1, "\(episode.place), row \(row)"
        )
        #expect(place.depth > 0.5 && place.depth < 3)
        frame += 1
      }
    }
    #expect(frame == 48)
  }

  /// The same episodes stored upright, and upside down as LIBERO has them.
  @Test func placesAreThoseOfTheFrameThatIsShown() throws {
    let upright = try Self.open("datasets/libero_regenerated.hdf5")
    let turned = try Self.open("datasets/libero_upside_down.hdf5")
    #expect(turned.orientation.value == .upsideDown)
    let point = Array(try turned.endEffectorPosition().row(0))
    // Files made anew from LIBERO have no attributes.
    let silent = #expect(throws: VLMError.self) { try upright.projection(of: upright.episodes[0]) }
    #expect(silent?.code == .datasetCamera && silent?.tensor == "/data/demo_0@model_file")
    let place = try #require(try turned.projection(of: turned.episodes[0])(point))
    #expect((0...40).contains(place.x) && (0...40).contains(place.y))

    // Turned as if both sides were: upright, but mirrored.
    let mirrored = try Self.open(
      "datasets/libero_upside_down.hdf5", DemonstrationOptions(orientation: .rotated180))
    let shown = try #require(try mirrored.projection(of: mirrored.episodes[0])(point))
    #expect(shown == FramePlace(x: 40 - place.x, y: place.y, depth: place.depth))
    let (image, other) = try (
      turned.image(row: 0, of: turned.episodes[0]), mirrored.image(row: 0, of: mirrored.episodes[0])
    )
    for x in 0..<40 {
      #expect((0..<3).allSatisfy { image.pixels[600 + 3 * x + $0] == other.pixels[600 + 3 * (39 - x) + $0] })
    }

    // Taken as they are stored, upside down.
    let asStored = try Self.open(
      "datasets/libero_upside_down.hdf5", DemonstrationOptions(orientation: .asStored))
    let flipped = try #require(try asStored.projection(of: asStored.episodes[0])(point))
    #expect(flipped == FramePlace(x: place.x, y: 40 - place.y, depth: place.depth))
  }

  /// Every shipped episode has its camera: the end effector is in nearly every frame of it.
  @Test(arguments: ["demonstrations", "goals"])
  func shippedEpisodesHaveTheirCameras(folder: String) throws {
    let data = try Self.open(folder, DemonstrationOptions(framesPerEpisode: 3))
    let hand = try data.endEffectorPosition()
    var (frame, inside) = (0, 0)
    for episode in data.episodes {
      let projection = try data.projection(of: episode)
      for _ in episode.rows {
        if let place = projection(Array(hand.row(frame))), (0...112).contains(place.x),
          (0...112).contains(place.y)
        {
          inside += 1
        }
        frame += 1
      }
    }
    #expect(inside > frame * 9 / 10, "\(inside) of \(frame)")
  }

  @Test func framesOfAnotherCameraSayWhatIsMissing() throws {
    let data = try Self.open(
      "datasets/libero_upside_down.hdf5", DemonstrationOptions(camera: "eye_in_hand_rgb"))
    let error = #expect(throws: VLMError.self) { try data.projection(of: data.episodes[0]) }
    #expect(error?.message == "there is no camera eye_in_hand" && error?.tensor == "/data/demo_0@model_file")
  }

  @Test func aFormatThatKnowsNoCamerasSaysSo() throws {
    let data = try Demonstrations(ToyDemonstrations(path: "/toys"), options: DemonstrationOptions())
    let error = #expect(throws: VLMError.self) { try data.projection(of: data.episodes[0]) }
    #expect(error?.code == .datasetCamera)
  }
}
