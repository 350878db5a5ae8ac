package import Tensors

extension VLMError.Code {
  package static let tokenizerMissing = Self("tokenizers.file.missing")
  package static let tokenizerField = Self("tokenizers.file.field")
  package static let tokenizerKind = Self("tokenizers.file.kind")
  package static let tokenizerVocabulary = Self("tokenizers.model.vocabulary")
  package static let tokenizerMerge = Self("tokenizers.model.merge")
  package static let tokenizerUnknown = Self("tokenizers.model.unknown")
  package static let tokenizerCharacterMap = Self("tokenizers.normalizer.charsmap")
  package static let tokenizerRegexSyntax = Self("tokenizers.regex.syntax")
  package static let tokenizerTextLimit = Self("tokenizers.text.limit")
  package static let tokenizerRegexSteps = Self("tokenizers.regex.steps")
}
