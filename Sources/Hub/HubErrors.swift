package import Tensors

extension VLMError.Code {
  /// The hub cannot be reached, or does not answer as it should.
  package static let hubUnreachable = Self("hub.unreachable")
  /// There is no such repository, revision or file.
  package static let hubNotFound = Self("hub.not-found")
  /// The hub wants a token, or another one.
  package static let hubDenied = Self("hub.denied")
  /// What the hub says of a repository, or of a file, makes no sense.
  package static let hubMalformed = Self("hub.malformed")
  /// A file is not the one that the hub describes.
  package static let hubCorrupt = Self("hub.corrupt")
  /// Of several models in GGUF files none is named, or one that there is not.
  package static let hubVariant = Self("hub.variant")
  /// The environment forbids to ask the hub, or says so badly.
  package static let hubSettings = Self("hub.settings")
}
