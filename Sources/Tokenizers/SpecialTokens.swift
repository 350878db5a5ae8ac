internal import Files
internal import Tensors

/// Which tokens start, end and pad a text, from the files beside `tokenizer.json`.
package struct SpecialTokens: Sendable, Equatable {
  /// A token by its text, and its id where the vocabulary has it.
  package struct Token: Sendable, Equatable {
    package let content: String
    package let id: Int?
  }

  package private(set) var bos: Token?
  package private(set) var eos: Token?
  package private(set) var pad: Token?
  package private(set) var unknown: Token?
  /// Ids at which generation stops: `generation_config.json`'s `eos_token_id`, else `eos`.
  package private(set) var stopIDs: [Int] = []
  /// Every token that the files give a name ending in `_token` (`image_token`), for chat templates.
  package private(set) var named: [String: String] = [:]

  init() {}

  /// Reads `special_tokens_map.json`, over it `tokenizer_config.json`, and `generation_config.json`, where they exist.
  init(_ folder: ModelFolder, id: (String) -> Int?) throws(VLMError) {
    for name in ["special_tokens_map.json", "tokenizer_config.json"] {
      guard let file = try JSONNode(name, in: folder) else { continue }
      for (key, token) in file.value.objectValue ?? [:] where key.hasSuffix("_token") {
        if let content = Self.content(token) {
          named[key] = content
        } else if token == .null {
          named[key] = nil
        }
      }
      for (key, token) in file["extra_special_tokens"]?.value.objectValue ?? [:] { named[key] = Self.content(token) }
    }
    func find(_ key: String) -> Token? { named[key].map { Token(content: $0, id: id($0)) } }
    (bos, eos, pad, unknown) = (find("bos_token"), find("eos_token"), find("pad_token"), find("unk_token"))
    let generation = try JSONNode("generation_config.json", in: folder)
    if let stop = generation?["eos_token_id"] {
      if let several = stop.elements {
        for one in several { stopIDs.append(try one.integer()) }
      } else {
        stopIDs = [try stop.integer()]
      }
    } else if let id = eos?.id {
      stopIDs = [id]
    }
  }

  private static func content(_ token: JSONValue) -> String? { token.stringValue ?? token["content"]?.stringValue }
}
