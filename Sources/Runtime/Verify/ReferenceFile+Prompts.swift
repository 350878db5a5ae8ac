internal import Mapping
internal import Tensors

/// Runs the language side on recorded tokens, with the image features that the vision side made.
struct LanguageVerification {
  let model: LanguageModel

  init(_ checkpoint: MappedCheckpoint, precision: Precision) throws {
    model = try LanguageModel(checkpoint, precision: precision)
  }

  /// The activations at `taps`, rows of all sequences one after another.
  func run(_ file: ReferenceFile, images: [ImageFeatures], taps: Set<Stage>) throws -> Activations {
    var results = Activations()
    for input in try inputs(file, images) { results.add(try model.run(input, taps: taps)) }
    return results
  }

  /// What recorded `greedy.ids` (`[sequences, tokens]`) are compared with: the tokens this model writes after each sequence.
  static let greedy = "greedy.ids"

  /// Tokens written greedily after each sequence, and how many of the recorded ones come before the first that differs.
  func greedy(_ file: ReferenceFile, images: [ImageFeatures]) throws -> (expected: [Int], agreeing: Int) {
    let expected = try file.integers(Self.greedy)
    let inputs = try inputs(file, images)
    guard file.shape(of: Self.greedy)?.dimensions.first == inputs.count else {
      throw VLMError(
        .referenceInput, "is not [\(inputs.count) sequences, tokens]", file: file.path, tensor: Self.greedy)
    }
    let count = expected.count / inputs.count
    var written: [Int] = []
    for input in inputs {
      var generation = try TokenGeneration(model, prompt: input, limit: count)
      while let token = try generation.next() { written.append(token) }
    }
    return (expected, zip(written, expected).prefix { $0 == $1 }.count)
  }

  /// One input a row of `input.input_ids`; images go to the rows in turn, as many as fill their places.
  private func inputs(_ file: ReferenceFile, _ images: [ImageFeatures]) throws -> [LanguageInput] {
    let name = "input.input_ids"
    let tokens = try file.integers(name)
    guard let shape = file.shape(of: name), shape.rank == 2, shape.count > 0 else {
      throw VLMError(.referenceInput, "is not [sequences, tokens]", file: file.path, tensor: name)
    }
    for mask in ["input.attention_mask"] where file.shape(of: mask) != nil {
      guard try file.integers(mask).allSatisfy({ $0 == 1 }) else {
        throw VLMError(
          .referenceInput, "leaves tokens out", file: file.path, tensor: mask,
          remedy: "record each sequence by itself, without padding")
      }
    }
    let kinds = try optional("input.token_type_ids", file, like: shape)
    let places = try optional("input.image_embeds_position_mask", file, like: shape)
    let placeholder = placeholder(in: tokens, for: images)
    var remaining = images[...]
    return try (0..<shape[0]).map { row in
      let part = row * shape[1]..<(row + 1) * shape[1]
      var sequence = Array(tokens[part])
      let imageRows: [Int]
      if let start = model.language.imageInsertion, start <= sequence.count, let image = remaining.first {
        sequence.insert(contentsOf: Array(repeating: 0, count: image.tokenCount), at: start)
        imageRows = Array(start..<(start + image.tokenCount))
      } else {
        imageRows =
          places.map { mask in sequence.indices.filter { mask[part.lowerBound + $0] == 1 } }
          ?? sequence.indices.filter { sequence[$0] == placeholder }
      }
      var mine: [ImageFeatures] = []
      var filled = 0
      while filled < imageRows.count, let image = remaining.popFirst() {
        mine.append(image)
        filled += image.tokenCount
      }
      let prefix =
        model.language.bidirectionalPrefix == true
        ? kinds.map { kinds in kinds[part].prefix { $0 == 0 }.count } ?? 0 : 0
      return try LanguageInput(
        sequence, images: mine, imageRows: imageRows, prefix: prefix, for: model.language)
    }
  }

  /// The token that stands for image features; where the configuration has none of this vocabulary (InternVL's authors
  /// keep it in the tokenizer), the one that stands as often as there are features.
  private func placeholder(in tokens: [Int], for images: [ImageFeatures]) -> Int? {
    let named = model.language.imageTokenId
    if let named, (0..<model.language.vocabularySize).contains(named) || images.isEmpty { return named }
    let features = images.reduce(0) { $0 + $1.tokenCount }
    guard features > 0, !tokens.contains(where: { $0 == named }) else { return named }
    return Dictionary(grouping: tokens, by: \.self).first { $0.value.count == features }?.key
  }

  private func optional(_ name: String, _ file: ReferenceFile, like shape: Shape) throws -> [Int]? {
    guard let found = file.shape(of: name) else { return nil }
    guard found == shape else {
      throw VLMError(.referenceInput, "is \(found), the tokens are \(shape)", file: file.path, tensor: name)
    }
    return try file.integers(name)
  }
}
