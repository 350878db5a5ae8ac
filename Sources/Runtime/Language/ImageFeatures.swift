internal import Mapping
package import Tensors

/// What the vision side hands over of one image: the rows that take the place of its tokens.
package struct ImageFeatures: Sendable {
  /// As the projector left them, in the order of the sequence.
  package let projected: StageActivation
  /// Features that are added to the same tokens after block 0, 1, … (Qwen3-VL's DeepStack), each `[tokens, width]`.
  package let deepstack: [FloatTensor]

  /// How the tiles that are not the overview divide the picture.
  let division: PreparedImage.Extent
  /// Place among the tiles of the one that shows the whole picture; `nil` when there is one tile.
  let overview: Int?

  /// - Parameter image: what it was made of, which has the same number of features for all tiles where tiles have markers in
  ///   a prompt; `nil` is one tile.
  package init(_ projected: StageActivation, deepstack: [FloatTensor] = [], of image: PreparedImage? = nil) {
    self.projected = projected
    self.deepstack = deepstack
    division = image?.division ?? PreparedImage.Extent(rows: 1, columns: 1)
    overview = image.flatMap { $0.tiles.count > 1 ? $0.overview : nil }
  }

  /// The same without what is added after the first blocks.
  package var withoutDeepstack: ImageFeatures {
    ImageFeatures(projected, deepstack: [], division: division, overview: overview)
  }

  private init(_ projected: StageActivation, deepstack: [FloatTensor], division: PreparedImage.Extent, overview: Int?) {
    self.projected = projected
    self.deepstack = deepstack
    self.division = division
    self.overview = overview
  }

  /// `[tokens, width]`
  package var values: FloatTensor { projected.values }
  package var tokenCount: Int { projected.tokenCount }
  var tileCount: Int { overview == nil ? 1 : division.rows * division.columns + 1 }
  /// How tokens lie in the image, for positions over (time, row, column); `nil` when they do not.
  var grid: PatchGrid? { projected.pictures[0].grid }
}

extension VisionModel {
  /// The stages whose activations the language side takes in.
  package var featureStages: [Stage] {
    stages.filter { if case .deepstack = $0.point { true } else { $0 == .projector } }
  }

  /// What the language side takes in of each of `images`, out of a run's activations at `featureStages`.
  package func features(_ images: [PreparedImage], _ activations: Activations) -> [ImageFeatures] {
    guard let last = featureStages.last else { return [] }
    return zip(images, activations[last]).enumerated().map { index, made in
      ImageFeatures(
        made.1, deepstack: featureStages.dropLast().map { activations[$0][index].values }, of: made.0)
    }
  }
}
