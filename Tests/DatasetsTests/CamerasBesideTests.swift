import Datasets
import Foundation
import Images
import Tensors
import TestSupport
import Testing

/// Several cameras as one, and colours that a recorder exchanged.
@Suite struct CamerasBesideTests {
  private static func open(_ camera: String?, exchanged: Bool = false) throws -> Demonstrations {
    var options = DemonstrationOptions(camera: camera, framesPerEpisode: 3)
    options.exchangesRedAndBlue = exchanged
    return try Demonstrations.open(Fixture.url("datasets/aloha_raw").path, options: options)
  }

  /// Each part is the frame of its own camera, scaled to the first one's height.
  @Test func framesStandSideBySide() throws {
    let (high, wrist) = (try Self.open("cam_high"), try Self.open("cam_left_wrist"))
    #expect((high.imageHeight, high.imageWidth) == (112, 112) && (wrist.imageHeight, wrist.imageWidth) == (24, 32))
    for (name, parts) in [
      ("cam_high+cam_left_wrist", [high, wrist]), ("cam_left_wrist+cam_high", [wrist, high]),
    ] {
      let both = try Self.open(name)
      let height = parts[0].imageHeight
      let widths = parts.map { Int((Double($0.imageWidth * height) / Double($0.imageHeight)).rounded()) }
      #expect(both.camera.value == name && both.imageHeight == height)
      #expect(both.imageWidth == widths.reduce(0, +) && both.otherCameras.isEmpty)
      #expect(both.camera.evidence == "side by side, named by --camera; scaled to the first one's height")
      #expect(both.cameras.map(\.name) == parts.map(\.camera.value))
      for episode in both.episodes.indices {
        let found = try both.images(of: both.episodes[episode])
        for (index, frame) in found.enumerated() {
          var left = 0
          for (part, width) in zip(parts, widths) {
            let own = try part.images(of: part.episodes[episode])[index]
            let scaled = try own.resized(
              width: width, height: height, by: Resampler(.bilinear, as: .pillow))
            #expect(frame.window(left: left, top: 0, width: width, height: height) == scaled)
            left += width
          }
        }
      }
      #expect(try both.nextAction().values == high.nextAction().values)
    }
  }

  @Test func aCameraThatIsNotThereIsNamed() throws {
    let error = #expect(throws: VLMError.self) { try Self.open("cam_high+cam_low") }
    #expect(error?.code == .datasetKeyMissing && error?.message.contains("named cam_low") == true)
    let data = try Self.open("cam_high+cam_left_wrist")
    let unknown = #expect(throws: VLMError.self) { try data.projection(of: data.episodes[0]) }
    #expect(unknown?.code == .datasetCamera)
  }

  /// Each camera is turned by itself before they are put together.
  @Test func eachIsTurnedByItself() throws {
    var options = DemonstrationOptions(
      camera: "cam_high+cam_left_wrist", orientation: .rotated180, framesPerEpisode: 1)
    let turned = try Demonstrations.open(Fixture.url("datasets/aloha_raw").path, options: options)
    options.camera = "cam_high"
    let high = try Demonstrations.open(Fixture.url("datasets/aloha_raw").path, options: options)
    let frame = try turned.images(of: turned.episodes[0])[0]
    #expect(
      frame.window(left: 0, top: 0, width: 112, height: 112) == (try high.images(of: high.episodes[0])[0]))
    #expect(!turned.orientationIsAssumed)
  }

  @Test func redAndBlueAreExchanged() throws {
    let (plain, other) = (try Self.open("cam_high"), try Self.open("cam_high", exchanged: true))
    #expect(other.camera.evidence.hasSuffix("; red and blue exchanged by --swap-red-blue"))
    let (before, after) = (
      try plain.images(of: plain.episodes[0])[0].pixels, try other.images(of: other.episodes[0])[0].pixels
    )
    for pixel in stride(from: 0, to: before.count, by: 3) {
      #expect(Array(before[pixel..<pixel + 3]) == [after[pixel + 2], after[pixel + 1], after[pixel]])
    }
  }

  /// The doctor looks at each of them.
  @Test func bothAreExamined() throws {
    var options = DemonstrationOptions(camera: "cam_high+cam_left_wrist")
    options.frameBudget = 100
    let found = try DataInspection.run(
      Fixture.url("datasets/aloha_raw").path, options: options, targets: { _ in [] }
    ).inspection
    #expect(found.cameras.map(\.isChosen) == [true, true] && found.framesExamined == 72)
    #expect(found.camera?.value == "cam_high+cam_left_wrist" && found.obstacle == nil)
  }
}
