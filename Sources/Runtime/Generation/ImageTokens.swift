/// How many tokens an image takes in a prompt, and in what tiles.
package struct ImageTokens: Sendable, Equatable {
  package let count: Int
  /// How the tiles that are not the overview divide the picture.
  let division: PreparedImage.Extent
  /// Place among the tiles of the one that shows the whole picture; `nil` when there is one tile.
  let overview: Int?

  /// - Parameter count: the features of `image`, which all its tiles have the same number of where tiles have markers.
  package init(_ image: PreparedImage, count: Int) {
    self.count = count
    division = image.division
    overview = image.tiles.count > 1 ? image.overview : nil
  }

  var tileCount: Int { overview == nil ? 1 : division.rows * division.columns + 1 }
}
