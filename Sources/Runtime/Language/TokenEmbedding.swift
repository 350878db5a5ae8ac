internal import Mapping
internal import Tensors

/// Token ids to vectors; rows are converted as they are needed, so the table stays in the file.
struct TokenEmbedding: Sendable {
  static let parameter = "language.token_embedding.weight"

  let source: any ParameterSource
  let width: Int
  /// `√width` where the family scales embeddings, else 1.
  let scale: Float
  let scalesImages: Bool
  let positions: SinusoidalPositions?

  init(_ language: LanguageConfiguration, _ source: any ParameterSource) {
    self.source = source
    width = language.width
    scale = language.scalesEmbeddings == true ? Float(Double(language.width).squareRoot()) : 1
    positions = language.sinusoidalPositions == true ? SinusoidalPositions(width: width) : nil
    scalesImages = language.scalesImages == true && scale != 1
  }

  /// Writes the embeddings of `input` to `x`, `[tokens, width]`, image features in their places.
  func callAsFunction(_ input: Prompt, _ places: TokenPositions, into x: UnsafeMutablePointer<Float>)
    throws
  {
    let isImage = Set(input.imageRows)
    for (row, token) in input.tokens.enumerated() where !isImage.contains(row) && row != input.queryRow {
      try source.floatRows(token..<token + 1, of: Self.parameter, into: x + row * width)
      if scale != 1 { multiply(x + row * width) }
    }
    if let query = input.query, let row = input.queryRow {
      (x + row * width).update(from: query, count: width)
      if scale != 1 { multiply(x + row * width) }
    }
    var place = 0
    for image in input.images {
      for index in 0..<image.tokenCount {
        let target = x + input.imageRows[place] * width
        target.update(from: image.values.base + index * width, count: width)
        if scalesImages { multiply(target) }
        place += 1
      }
    }
    positions?.add(places.axes[0], to: x)
  }

  private func multiply(_ row: UnsafeMutablePointer<Float>) {
    for index in 0..<width { row[index] *= scale }
  }
}
