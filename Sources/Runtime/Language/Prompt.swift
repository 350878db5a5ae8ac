package import Mapping
internal import Tensors

/// A sequence of tokens with images in it: what a language model runs.
package struct Prompt: Sendable {
  package let tokens: [Int]
  package let images: [ImageFeatures]
  /// Rows of `tokens` that image features replace, in order: those of the first image, of the second, …
  package let imageRows: [Int]
  /// Leading tokens that see each other both ways (PaliGemma's image and prompt).
  package let prefix: Int
  /// Rows of tokens that see each other both ways, run by run: those of images where the model has it so (Gemma 3).
  package let mutual: [Range<Int>]
  /// A vector in the place of the last token's embedding: what a policy's head reads behind the prompt. `[width]`
  package let query: [Float]?
  /// Whether tokens are counted one by one, image tokens too, where the model has positions of its own for these.
  package let countsTokens: Bool

  /// A sequence whose images stand where `tokens` says.
  ///
  /// - Parameters:
  ///   - imageRows: where image features go; by default wherever the configuration's image token stands.
  ///   - prefix: tokens that see each other both ways; by default none.
  ///   - query: comes after `tokens`, in a row of its own.
  /// - Throws: `runtime.input.tokens` when features and places differ in number, `runtime.input.shape` for features of
  ///   another width. The model refuses tokens that it has no embedding for.
  package init(
    _ tokens: [Int], images: [ImageFeatures] = [], imageRows: [Int]? = nil, prefix: Int = 0,
    query: [Float]? = nil, countsTokens: Bool = false, for language: LanguageConfiguration
  ) throws {
    let rows = imageRows ?? tokens.indices.filter { tokens[$0] == language.imageTokenId }
    let features = images.reduce(0) { $0 + $1.tokenCount }
    guard rows.count == features else {
      throw VLMError(
        .inputTokens, "\(rows.count) tokens stand for images, the images have \(features) features",
        remedy: "use the token ids and the images of the same prompt")
    }
    for image in images where image.values.rowWidth != language.width {
      throw VLMError(
        .inputShape, "image features are \(image.values.rowWidth) wide, the language model \(language.width)")
    }
    if let query, query.count != language.width {
      throw VLMError(.inputShape, "the query is \(query.count) wide, the language model \(language.width)")
    }
    // Token 0 in the query's row is never looked up.
    self.tokens = tokens + (query == nil ? [] : [0])
    self.images = images
    self.imageRows = rows
    self.prefix = prefix
    mutual = language.bidirectionalImages == true ? Self.runs(rows) : []
    self.query = query
    self.countsTokens = countsTokens
  }

  /// Runs of rows that follow each other.
  private static func runs(_ rows: [Int]) -> [Range<Int>] {
    rows.reduce(into: []) { runs, row in
      if let last = runs.last, last.upperBound == row {
        runs[runs.count - 1] = last.lowerBound..<row + 1
      } else {
        runs.append(row..<row + 1)
      }
    }
  }

  /// The row that `query` stands in.
  var queryRow: Int? { query == nil ? nil : tokens.count - 1 }

  /// Where the tokens of each image are.
  var pictures: [PictureTokens] {
    var rows = imageRows[...]
    return images.map { image in
      defer { rows = rows.dropFirst(image.tokenCount) }
      return image.projected.pictures[0].placed(in: rows.prefix(image.tokenCount))
    }
  }
}
