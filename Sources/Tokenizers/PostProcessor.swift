internal import Tensors

/// Puts special tokens around the ids of one text; pairs of texts are not made here.
struct PostProcessor: Sendable {
  /// Ids before and after those of the text; `nil` when the template leaves the text out.
  private(set) var before: [Int] = []
  private(set) var after: [Int] = []
  private(set) var keepsText = true

  /// - Parameter id: the id of a token, `nil` when there is none.
  /// - Throws: `file.kind` for a type that is not known, `file.field` for a template with unknown tokens.
  init(_ node: JSONNode, id: (String) -> Int?) throws(VLMError) {
    let kind = try node.required("type").string()
    switch kind {
    case "ByteLevel": break  // Only moves offsets.
    case "TemplateProcessing": try readTemplate(node)
    case "BertProcessing", "RobertaProcessing":
      before = [try Self.pairID(try node.required("cls"))]
      after = [try Self.pairID(try node.required("sep"))]
    case "Sequence":
      for element in try node.required("processors").array() {
        let inner = try PostProcessor(element, id: id)
        before = inner.before + before
        after += inner.after
        keepsText = keepsText && inner.keepsText
      }
    default:
      throw node.failure(
        "the post-processor '\(kind)' is not known", code: .tokenizerKind, remedy: "report the model")
    }
  }

  /// `["</s>", 2]`
  private static func pairID(_ node: JSONNode) throws(VLMError) -> Int {
    let parts = try node.array()
    guard parts.count == 2 else { throw node.failure("should be [token, id]") }
    return try id(parts[1], of: try parts[0].string())
  }

  private static func id(_ node: JSONNode, of token: String) throws(VLMError) -> Int {
    let id = try node.integer()
    guard UInt32(exactly: id) != nil else { throw node.failure("\"\(token)\" has the id \(id), which no token has") }
    return id
  }

  /// `single: [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}]`, the ids under `special_tokens`.
  private mutating func readTemplate(_ node: JSONNode) throws(VLMError) {
    let pieces = try node.required("single").array()
    var seen = false
    for piece in pieces {
      if piece["Sequence"] != nil {
        seen = true
      } else if let token = piece["SpecialToken"] {
        let name = try token.required("id").string()
        guard let listed = node["special_tokens"]?[name] else {
          throw token.failure("\"\(name)\" is not among special_tokens")
        }
        var ids: [Int] = []
        for id in try listed.required("ids").array() { ids.append(try Self.id(id, of: name)) }
        if seen { after += ids } else { before += ids }
      } else {
        throw piece.failure("should be a Sequence or a SpecialToken")
      }
    }
    keepsText = seen
  }

  func apply(to ids: [Int]) -> [Int] { before + (keepsText ? ids : []) + after }
}
