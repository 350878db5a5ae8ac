/// A `size` or `crop_size` of an image processor: a bare number, or any of the named extents.
package struct ImageExtent: Decodable, Sendable {
  package let height: Int?
  package let width: Int?
  package let shortestEdge: Int?
  package let longestEdge: Int?

  private enum CodingKeys: String, CodingKey {
    case height, width
    case shortestEdge = "shortest_edge"
    case longestEdge = "longest_edge"
    case minimumPixels = "min_pixels"
    case maximumPixels = "max_pixels"
  }

  /// A square.
  init(side: Int) { (height, width, shortestEdge, longestEdge) = (side, side, nil, nil) }

  package init(from decoder: any Decoder) throws {
    if let number = try? decoder.singleValueContainer().decode(Int.self) {
      (height, width, shortestEdge, longestEdge) = (nil, nil, number, nil)
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
    }
  }

  /// Extents of a crop or a fixed size: named, or a square from a bare number.
  package var rectangle: (height: Int, width: Int)? {
    if let height, let width, height > 0, width > 0 { return (height, width) }
    if let shortestEdge, longestEdge == nil, shortestEdge > 0 { return (shortestEdge, shortestEdge) }
    return nil
  }
}
