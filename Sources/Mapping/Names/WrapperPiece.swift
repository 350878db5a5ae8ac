/// What a wrapper put into the names of tensors: a piece at the beginning, after some head, or wherever it stands.
///
///     _orig_mod.visual.blocks.0.…        head "",        piece "_orig_mod."
///     model.language_model.visual.…      head "model.",  piece "language_model."
///     layers.0._orig_mod.self_attn.…     head nil,       piece "_orig_mod."
package struct WrapperPiece: Codable, Sendable, Hashable {
  /// What stands before the piece in a name; `nil` where it may stand anywhere.
  package let head: String?
  package let piece: String

  /// Modules that torch and peft put around others under names of their own, which no layer has.
  static let modules = [
    "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module", "_forward_module", "base_layer",
  ].map { WrapperPiece(head: nil, piece: $0 + ".") }

  /// The name without the piece; `nil` when it does not have it.
  func removed(from name: String) -> String? {
    if let head {
      guard name.utf8.starts(with: (head + piece).utf8) else { return nil }
      return head + name.utf8.dropFirst(head.utf8.count + piece.utf8.count).text
    }
    guard name.contains(piece) else { return nil }
    var rest = name[...]
    var result = ""
    while let range = rest.firstRange(of: piece) {
      let isWhole = range.lowerBound == name.startIndex || name[name.index(before: range.lowerBound)] == "."
      result += rest[..<(isWhole ? range.lowerBound : range.upperBound)]
      rest = rest[range.upperBound...]
    }
    result += rest
    return result == name ? nil : result
  }

  /// What stands before the piece in a name that has it once.
  func onlyHead(in name: String) -> String? {
    let ranges = name.ranges(of: piece)
    return ranges.count == 1 ? String(name[..<ranges[0].lowerBound]) : nil
  }

  /// "the prefix `_orig_mod.`", for messages.
  var text: String {
    switch head {
    case nil: "the prefix `\(piece)` wherever it stands"
    case "": "the prefix `\(piece)`"
    case let head?: "the prefix `\(piece)` after `\(head)`"
    }
  }
}

extension Substring.UTF8View {
  fileprivate var text: String { String(Substring(self)) }
}
