import Foundation
import Images
import TestSupport
import Testing

@Suite struct RGBImageEncodingTests {
  @Test(arguments: ["odd.png", "dot.png", "column.png", "square.jpg"])
  func readsBackTheSamePixels(_ name: String) throws {
    let image = try RGBImage(contentsOf: Fixture.url("images/pictures/\(name)").path)
    let file = try image.encodedAsPNG()
    #expect(try RGBImage(decoding: file) == image)
    #expect(try image.encodedAsPNG() == file)
  }
}
