import Files
import Foundation
import Images
import Tensors
import TestSupport
import Testing

@Suite struct RGBImageGeometryTests {
  /// A file of `fixtures/images/resized`: SOURCE.KERNEL.WIDTHxHEIGHT.png.
  struct Resize: CustomTestStringConvertible {
    let file: String
    let source: String
    let resampling: Resampling
    let width: Int
    let height: Int

    init(_ file: String) {
      let parts = file.split(separator: ".").map(String.init)
      let size = parts[3].split(separator: "x").map { Int($0)! }
      self.file = file
      source = "\(parts[0]).\(parts[1])"
      resampling = Resampling.allCases.first { "\($0)" == parts[2] }!
      (width, height) = (size[0], size[1])
    }

    var testDescription: String { file }
  }

  static let resizes = try! FileManager.default.contentsOfDirectory(
    atPath: Fixture.url("images/resized").path
  )
  .sorted().map(Resize.init)

  @Test(arguments: resizes) func resizesToTheBitAsPillow(_ resize: Resize) throws {
    let source = try RGBImage(contentsOf: Fixture.url("images/pictures/\(resize.source)").path)
    let expected = try RGBImage(contentsOf: Fixture.url("images/resized/\(resize.file)").path)
    let made = try source.resized(
      width: resize.width, height: resize.height, by: Resampler(resize.resampling, as: .pillow))
    let differing = zip(made.pixels, expected.pixels).count { $0 != $1 }
    #expect((made.width, made.height) == (expected.width, expected.height))
    #expect(differing == 0, "\(differing) of \(expected.pixels.count) bytes differ")
  }

  /// A line of `fixtures/images/resized_torch.json`.
  struct TorchResize: Decodable, Sendable, CustomTestStringConvertible {
    let source: String
    let kernel: String
    let width: Int
    let height: Int
    let sha256: String
    var testDescription: String { "\(source) \(kernel) \(width)x\(height)" }
  }

  static let torchResizes = try! JSONDecoder().decode(
    [TorchResize].self, from: Data(contentsOf: Fixture.url("images/resized_torch.json")))

  @Test(arguments: torchResizes) func resizesToTheBitAsTorch(_ resize: TorchResize) throws {
    let source = try RGBImage(contentsOf: Fixture.url("images/pictures/\(resize.source)").path)
    let kernel = try #require(Resampling.allCases.first { "\($0)" == resize.kernel })
    let made = try source.resized(
      width: resize.width, height: resize.height, by: Resampler(kernel, as: .torch))
    #expect(made.pixels.withUnsafeBytes { SHA256.hash(of: $0) } == resize.sha256)
  }

  @Test func refusesAnEnormousTarget() throws {
    let dot = RGBImage(width: 1, height: 1, pixels: [1, 2, 3])
    let error = try #require(throws: VLMError.self) {
      try dot.resized(width: 1 << 20, height: 1 << 20, by: Resampler(.bicubic, as: .torch))
    }
    #expect(error.code == .imageTooLarge)
  }

  /// A picture whose red is its column and green its row, so that a pixel says where it came from.
  static func grid(_ width: Int, _ height: Int) -> RGBImage {
    RGBImage(
      width: width, height: height,
      pixels: (0..<height).flatMap { row in (0..<width).flatMap { [UInt8($0), UInt8(row), 255] } })
  }

  @Test(arguments: [(10, 8, 4, 4, 3, 2), (11, 8, 4, 5, 3, 1), (9, 9, 9, 9, 0, 0)])
  func cropsTheMiddle(_ width: Int, _ height: Int, _ columns: Int, _ rows: Int, _ left: Int, _ top: Int) {
    let crop = Self.grid(width, height).centreCropped(width: columns, height: rows)
    #expect(Array(crop.pixels.prefix(3)) == [UInt8(left), UInt8(top), 255])
    #expect(Array(crop.pixels.suffix(3)) == [UInt8(left + columns - 1), UInt8(top + rows - 1), 255])
  }

  @Test func padsASmallerPictureWithBlack() {
    let padded = Self.grid(3, 3).centreCropped(width: 6, height: 2)
    let blue = stride(from: 2, to: padded.pixels.count, by: 3).map { padded.pixels[$0] == 255 }
    #expect(blue == [false, true, true, true, false, false, false, true, true, true, false, false])
  }
}
