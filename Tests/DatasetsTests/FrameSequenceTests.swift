import Foundation
import Images
import Tensors
import TestSupport
import Testing

@testable import Datasets

@Suite struct FrameSequenceTests {
  /// A picture whose pixels all have one value.
  private func write(_ value: UInt8, _ file: URL) throws {
    let picture = RGBImage(width: 4, height: 3, pixels: [UInt8](repeating: value, count: 36))
    try Data(picture.encodedAsPNG()).write(to: file)
  }

  private func values(_ sequence: FrameSequence) throws -> [UInt8] {
    var values: [UInt8] = []
    try sequence.forEach { values.append($0.image.pixels[0]) }
    return values
  }

  @Test func aFolderComesByTheNumbersInItsNames() throws {
    try Fixture.withTemporaryDirectory { folder in
      for number in [10, 9, 1, 100] { try write(UInt8(number), folder.appending(path: "frame_\(number).png")) }
      try Data("x".utf8).write(to: folder.appending(path: "notes.txt"))
      try Data("x".utf8).write(to: folder.appending(path: ".hidden"))
      let sequence = try FrameSequence([folder.path])
      #expect(sequence.count == 4)
      #expect(try values(sequence) == [1, 9, 10, 100])
      #expect(sequence.notices.count == 1 && sequence.notices[0].message.contains("notes.txt"))
    }
  }

  @Test(arguments: [(1, 6, [0, 1, 2, 3, 4, 5]), (2, nil, [0, 2, 4, 6, 8]), (3, 2, [0, 3]), (7, nil, [0, 7])])
  func strideGoesOnFromPlaceToPlace(_ stride: Int, _ limit: Int?, _ wanted: [UInt8]) throws {
    try Fixture.withTemporaryDirectory { folder in
      for number in 0..<9 { try write(UInt8(number), folder.appending(path: "\(number).png")) }
      let paths = (0..<9).map { folder.appending(path: "\($0).png").path }
      let sequence = try FrameSequence(paths, stride: stride, limit: limit)
      #expect(try values(sequence) == wanted && sequence.count == wanted.count)
    }
  }

  /// Frames of a video are those that its demonstrations' reader gives.
  @Test func aVideoIsReadFrameByFrame() throws {
    let video = Fixture.url("miniature/demonstrations/videos").path
    let files = try #require(FileManager.default.enumerator(atPath: video)).compactMap { $0 as? String }
    let file = try #require(files.filter { $0.hasSuffix(".mp4") }.min())
    let path = "\(video)/\(file)"
    let whole = try FrameSequence([path], limit: 40)
    var (names, frames): ([String], [RGBImage]) = ([], [])
    try whole.forEach {
      names.append($0.name)
      frames.append($0.image)
    }
    #expect(names == (0..<40).map { "\(path):\($0)" } && whole.nameWidth == names[39].count)
    #expect(Set(frames.map(\.pixels)).count > 20)
    var thinned: [RGBImage] = []
    try FrameSequence([path], stride: 13, limit: 4).forEach { thinned.append($0.image) }
    #expect(thinned == [frames[0], frames[13], frames[26], frames[39]])
  }

  @Test func whatIsNoFrameIsRefused() throws {
    try Fixture.withTemporaryDirectory { folder in
      #expect(throws: VLMError.self) { try FrameSequence([folder.path]) }
      let other = folder.appending(path: "a.gif")
      try Data("GIF89a".utf8).write(to: other)
      #expect(throws: VLMError.self) { try FrameSequence([other.path]) }
      let damaged = folder.appending(path: "a.mp4")
      try Data("no video".utf8).write(to: damaged)
      #expect(throws: VLMError.self) { try FrameSequence([damaged.path]) }
      #expect(throws: VLMError.self) { try FrameSequence([folder.appending(path: "b.png").path]) }
    }
  }
}
