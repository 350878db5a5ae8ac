package import Tensors

extension VLMError.Code {
  /// An address that is none, or that cannot be listened on.
  package static let servingAddress = Self("serving.address.unusable")
  /// A request that is not HTTP/1, or whose parts contradict each other.
  package static let requestMalformed = Self("serving.request.malformed")
  /// A request with a larger head or body than is taken.
  package static let requestTooLarge = Self("serving.request.tooLarge")
  /// A request that was not sent in the time that it may take.
  package static let requestTimeout = Self("serving.request.timeout")
  /// A request for what is not served, or in a way in which it is not.
  package static let requestRefused = Self("serving.request.refused")
  /// A request whose content is not what its route takes.
  package static let requestContent = Self("serving.request.content")
  /// More requests than the server takes at a time, or one that comes while it ends.
  package static let serverBusy = Self("serving.server.busy")
  /// A handler that failed for a reason of its own.
  package static let handlerFailed = Self("serving.handler.failed")
  /// A client that has gone away, or does not read what it asked for.
  package static let clientGone = Self("serving.client.gone")
  /// Bytes that are no MessagePack.
  package static let messagePackMalformed = Self("serving.messagePack.malformed")
  /// MessagePack of more values, or nested deeper, than is taken.
  package static let messagePackTooLarge = Self("serving.messagePack.tooLarge")
  /// A value that is not the array of NumPy's that it should be.
  package static let messagePackArray = Self("serving.messagePack.array")
}
