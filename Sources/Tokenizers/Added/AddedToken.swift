internal import Tensors

/// A token that is found in the text before the model sees it, such as `<|im_start|>`.
package struct AddedToken: Sendable, Equatable {
  package internal(set) var id: Int
  package let content: String
  /// Left out by `decode(skipSpecialTokens: true)`.
  package let isSpecial: Bool
  /// Matches only where no word character stands beside it.
  let isSingleWord: Bool
  /// Takes the white space before, or after, it.
  let stripsLeft: Bool
  let stripsRight: Bool
  /// Looked for in the normalized text, not in the raw one.
  let isNormalized: Bool

  init(_ node: JSONNode) throws(VLMError) {
    id = try node.required("id").integer()
    content = try node.required("content").string()
    guard content.utf8.count <= ModelFile.longestToken else {
      throw node.failure("a token of \(content.utf8.count) bytes is above \(ModelFile.longestToken)")
    }
    isSpecial = try node.bool("special", default: false)
    isSingleWord = try node.bool("single_word", default: false)
    stripsLeft = try node.bool("lstrip", default: false)
    stripsRight = try node.bool("rstrip", default: false)
    isNormalized = try node.bool("normalized", default: !isSpecial)
  }
}
