/// A `size` or `crop_size` of an image processor: a bare number, or any of the named extents.
package struct ImageExtent: Decodable, Sendable {
  package let height: Int?
  package let width: Int?
  package let shortestEdge: Int?
  package let longestEdge: Int?
  /// Extents into which a picture is to fit; `nil` as for `rectangle`.
  package let bounds: (height: Int, width: Int)?

  private enum CodingKeys: String, CodingKey {
    case height, width
    case shortestEdge = "shortest_edge"
    case longestEdge = "longest_edge"
    case minimumPixels = "min_pixels"
    case maximumPixels = "max_pixels"
    case maximumHeight = "max_height"
    case maximumWidth = "max_width"
  }

  /// A square.
  init(side: Int) { (height, width, shortestEdge, longestEdge, bounds) = (side, side, nil, nil, nil) }

  package init(from decoder: any Decoder) throws {
    if let number = try? decoder.singleValueContainer().decode(Int.self) {
      (height, width, shortestEdge, longestEdge, bounds) = (nil, nil, number, nil, nil)
    } else {
      let fields = try decoder.container(keyedBy: CodingKeys.self)
      height = try fields.decodeIfPresent(Int.self, forKey: .height)
      width = try fields.decodeIfPresent(Int.self, forKey: .width)
      // Some Qwen2-VL folders spell the two pixel counts inside `size`.
      shortestEdge =
        try fields.decodeIfPresent(Int.self, forKey: .shortestEdge)
        ?? fields.decodeIfPresent(Int.self, forKey: .minimumPixels)
      longestEdge =
        try fields.decodeIfPresent(Int.self, forKey: .longestEdge)
        ?? fields.decodeIfPresent(Int.self, forKey: .maximumPixels)
      if let height = try fields.decodeIfPresent(Int.self, forKey: .maximumHeight),
        let width = try fields.decodeIfPresent(Int.self, forKey: .maximumWidth),
        let extents = Self.checked(height, width)
      {
        bounds = extents
      } else {
        bounds = nil
      }
    }
  }

  /// Pixels that a file may ask for of one picture, or of a tile, whatever the picture given: 2048 x 2048, several times what
  /// any published processor does.
  static let maximumPixels = 1 << 22
  /// Pixels of all tiles together, or of a picture that keeps its own size: Qwen3-VL's limit, the largest that is published.
  static let maximumCanvas = 1 << 24
  /// The longest side that a file may ask for where the other follows the picture.
  static let maximumEdge = 4096

  /// Extents of a crop or a fixed size: named, or a square from a bare number; `nil` when they are neither, not positive, or
  /// more than `maximumPixels`.
  package var rectangle: (height: Int, width: Int)? {
    if let height, let width { return Self.checked(height, width) }
    if let shortestEdge, longestEdge == nil { return Self.checked(shortestEdge, shortestEdge) }
    return nil
  }

  static func checked(_ height: Int, _ width: Int) -> (height: Int, width: Int)? {
    height > 0 && width > 0 && width <= maximumPixels / height ? (height, width) : nil
  }
}
