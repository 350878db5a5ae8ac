import Files
import Foundation
import Images
import Runtime
import Tensors
import TestSupport
import Testing

/// Every processor with the settings of a public checkpoint, at the sizes of real cameras, against `AutoImageProcessor` or the
/// authors' code, and every policy against LeRobot's: all floats of all tiles by their hash.
@Suite struct PreprocessingTests {
  /// A line of `expected.json`.
  struct Expected: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let patch: Int
    let merge: Int
    let channels: Int
    let width: Int
    let height: Int
    let tiles: Int
    let patches: Int
    let values: Int
    let sha256: String
    /// The folder of `fixtures` that its settings are in.
    var folder = "preprocessing"
    var testDescription: String { "\(name) \(width)x\(height)" }

    private enum CodingKeys: String, CodingKey {
      case name, patch, merge, channels, width, height, tiles, patches, values, sha256
    }

    var packer: PatchPacker {
      PatchPacker(
        channels: channels, patchSize: patch, temporalPatchSize: values / (channels * patch * patch),
        mergeSize: merge)
    }
  }

  static let expected = ["preprocessing", "policies"].flatMap { folder in
    var lines = try! JSONDecoder().decode(
      [Expected].self, from: Data(contentsOf: Fixture.url("\(folder)/expected.json")))
    for index in lines.indices { lines[index].folder = folder }
    return lines
  }

  /// Made once, for making them is slow in debug builds.
  static let pictures = Dictionary(
    uniqueKeysWithValues: Set(expected.map { [$0.width, $0.height] }).map { ($0, picture($0[0], $0[1])) })

  @Test(arguments: expected) func equalsTheOriginalToTheBit(_ expected: Expected) throws {
    let processor = try ImageProcessorRegistry.open(
      Fixture.url("\(expected.folder)/\(expected.name)").path, packer: expected.packer)
    let prepared = try processor.prepare(#require(Self.pictures[[expected.width, expected.height]]))
    let rows = prepared.tiles.map(\.patches)
    #expect(rows.count == expected.tiles)
    #expect(rows.allSatisfy { $0.rowCount == expected.patches && $0.rowWidth == expected.values })
    let hash = SHA256()
    for tile in rows { hash.update(Self.bytes(tile)) }
    #expect(hash.finish() == expected.sha256)
    // For `make_preprocessing.py --table`, which says how far they are where they differ.
    if let folder = ProcessInfo.processInfo.environment["PREPROCESSING_OUTPUT"] {
      var data = Data()
      for tile in rows { data.append(contentsOf: Self.bytes(tile)) }
      let file = "\(expected.name).\(expected.width)x\(expected.height).f32"
      try data.write(to: URL(filePath: folder).appending(path: file))
    }
  }

  /// `picture` of `make_preprocessing.py`: ramps, squares and noise, out of integers only.
  static func picture(_ width: Int, _ height: Int) -> RGBImage {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(width * height * 3)
    for y in 0..<height {
      for x in 0..<width {
        let ramps = (
          x * 255 / max(width - 1, 1), y * 255 / max(height - 1, 1), ((x / 6 + y / 6) & 1) * 200
        )
        pixels.append(noisy(ramps.0, x, y, 0))
        pixels.append(noisy(ramps.1, x, y, 1))
        pixels.append(noisy(ramps.2, x, y, 2))
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  /// Valid while `tensor` lives.
  private static func bytes(_ tensor: FloatTensor) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(UnsafeBufferPointer(start: tensor.base, count: tensor.shape.count))
  }

  private static func noisy(_ value: Int, _ x: Int, _ y: Int, _ channel: Int) -> UInt8 {
    var noise = (x &* 73_856_093 ^ y &* 19_349_663 ^ (channel + 1) &* 83_492_791) & 0xFFFF_FFFF
    noise = ((noise ^ noise >> 13) &* 0x5BD1_E995) & 0xFFFF_FFFF
    return UInt8(clamping: value + ((noise ^ noise >> 15) & 63) - 32)
  }
}
