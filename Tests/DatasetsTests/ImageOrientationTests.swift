import Datasets
import Images
import Testing

@Suite struct ImageOrientationTests {
  /// Two rows of two pixels, numbered.
  @Test(arguments: [
    (ImageOrientation.asStored, [0, 1, 2, 3]), (.upsideDown, [2, 3, 0, 1]), (.rotated180, [3, 2, 1, 0]),
  ])
  func turns(orientation: ImageOrientation, expected: [UInt8]) {
    let bytes = (0..<4).flatMap { [UInt8](repeating: $0, count: 3) }
    let stored = RGBImage(width: 2, height: 2, pixels: bytes)
    #expect(orientation.upright(stored).pixels == expected.flatMap { [$0, $0, $0] })
  }
}
