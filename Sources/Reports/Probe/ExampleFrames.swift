internal import Foundation
internal import Images
internal import Probing
internal import Tensors

/// Frames of the demonstrations that are drawn over: each is in the page once, however often it is seen.
struct ExampleFrames {
  let examples: [ProbeMaps.Example]
  private let pictures: [[UInt8]]

  /// - Throws: where a frame does not fit into memory as a PNG.
  init(_ report: ProbeReport) throws(VLMError) {
    let isSeen =
      report.maps.map { $0.view != nil && !$0.maps.isEmpty } == true
      || report.projections?.points.isEmpty == false
    examples = isSeen ? report.maps?.examples ?? [] : []
    var pictures: [[UInt8]] = []
    for example in examples { pictures.append(try RGBImage(example.picture)?.encodedAsPNG() ?? []) }
    self.pictures = pictures
  }

  static func identifier(_ index: Int) -> String { "frame-\(index)" }

  /// For `use` with the identifier, as wide and high as the example's picture.
  var definitions: Markup {
    examples.isEmpty
      ? .nothing
      : tag(
        "svg",
        [
          "class": "definitions", "aria-hidden": "true", "width": "0", "height": "0",
          "xmlns": "http://www.w3.org/2000/svg",
        ],
        [
          tag(
            "defs",
            zip(examples, pictures).enumerated().map { index, example in
              tag(
                "image",
                [
                  "id": Self.identifier(index), "width": "\(example.0.picture.width)",
                  "height": "\(example.0.picture.height)",
                  "href": "data:image/png;base64,\(Data(example.1).base64EncodedString())",
                ])
            })
        ])
  }
}

extension RGBImage {
  /// `nil` where there is no picture.
  init?(_ thumbnail: ProbeThumbnail) {
    guard thumbnail.width > 0, thumbnail.height > 0,
      thumbnail.pixels.count == thumbnail.width * thumbnail.height * 3
    else { return nil }
    self.init(width: thumbnail.width, height: thumbnail.height, pixels: [UInt8](thumbnail.pixels))
  }
}
