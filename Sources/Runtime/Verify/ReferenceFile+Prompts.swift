internal import Mapping
internal import Tensors

extension ReferenceFile {
  static let tokenIds = "input.input_ids"
  /// What the tokens are compared with that this model writes after each sequence, `[sequences, tokens]`.
  static let greedy = "greedy.ids"

  /// One prompt a row of `input.input_ids`; images go to the rows in turn, as many as fill their places.
  func prompts(_ images: [ImageFeatures], for language: LanguageConfiguration) throws -> [Prompt] {
    let name = Self.tokenIds
    let tokens = try integers(name)
    guard let shape = self.shape(of: name), shape.rank == 2, shape.count > 0 else {
      throw VLMError(.referenceInput, "is not [sequences, tokens]", file: path, tensor: name)
    }
    for mask in ["input.attention_mask"] where self.shape(of: mask) != nil {
      guard try integers(mask).allSatisfy({ $0 == 1 }) else {
        throw VLMError(
          .referenceInput, "leaves tokens out", file: path, tensor: mask,
          remedy: "record each sequence by itself, without padding")
      }
    }
    let kinds = try optional("input.token_type_ids", like: shape)
    let places = try optional("input.image_embeds_position_mask", like: shape)
    let placeholder = Self.placeholder(in: tokens, for: images, language)
    var remaining = images[...]
    return try (0..<shape[0]).map { row in
      let part = row * shape[1]..<(row + 1) * shape[1]
      var sequence = Array(tokens[part])
      let imageRows: [Int]
      if let start = language.imageInsertion, start <= sequence.count, let image = remaining.first {
        sequence.insert(contentsOf: Array(repeating: 0, count: image.tokenCount), at: start)
        imageRows = Array(start..<(start + image.tokenCount))
      } else {
        imageRows =
          places.map { mask in sequence.indices.filter { mask[part.lowerBound + $0] == 1 } }
          ?? sequence.indices.filter { sequence[$0] == placeholder }
      }
      if language.bidirectionalImages == true { try check(kinds?[part], imageRows) }
      var mine: [ImageFeatures] = []
      var filled = 0
      while filled < imageRows.count, let image = remaining.popFirst() {
        mine.append(image)
        filled += image.tokenCount
      }
      let prefix =
        language.bidirectionalPrefix == true
        ? kinds.map { kinds in kinds[part].prefix { $0 == 0 }.count } ?? 0 : 0
      return try Prompt(sequence, images: mine, imageRows: imageRows, prefix: prefix, for: language)
    }
  }

  /// Refuses a sequence in which image tokens did not see each other as the model runs them: transformers goes by
  /// `token_type_ids`, and without them no token sees what comes after it.
  private func check(_ kinds: ArraySlice<Int>?, _ imageRows: [Int]) throws {
    let name = "input.token_type_ids"
    guard !imageRows.isEmpty || kinds?.contains(where: { $0 != 0 }) == true else { return }
    guard let kinds else {
      throw VLMError(
        .referenceInput, "is missing: without it no image token saw those after it", file: path, tensor: name,
        remedy: "record all that the processor gives, token_type_ids too")
    }
    guard kinds.enumerated().filter({ $0.element == 1 }).map(\.offset) == imageRows else {
      throw VLMError(.referenceInput, "is not 1 where images are", file: path, tensor: name, remedy: "record what the processor gives")
    }
  }

  /// The token that stands for image features; where the configuration has none of this vocabulary (InternVL's authors
  /// keep it in the tokenizer), the one that stands as often as there are features.
  private static func placeholder(
    in tokens: [Int], for images: [ImageFeatures], _ language: LanguageConfiguration
  ) -> Int? {
    let named = language.imageTokenId
    if let named, (0..<language.vocabularySize).contains(named) || images.isEmpty { return named }
    let features = images.reduce(0) { $0 + $1.tokenCount }
    guard features > 0, !tokens.contains(where: { $0 == named }) else { return named }
    return Dictionary(grouping: tokens, by: \.self).first { $0.value.count == features }?.key
  }

  private func optional(_ name: String, like shape: Shape) throws -> [Int]? {
    guard let found = self.shape(of: name) else { return nil }
    guard found == shape else {
      throw VLMError(.referenceInput, "is \(found), the tokens are \(shape)", file: path, tensor: name)
    }
    return try integers(name)
  }
}
