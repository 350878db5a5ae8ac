/// A piece of a template: text between tags, or what stands within them.
struct JinjaToken: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    case text(String)
    case outputBegin, outputEnd, blockBegin, blockEnd
    case name(String)
    case string(String)
    case integer(Int)
    case float(Double)
    case symbol(String)
  }

  let kind: Kind
  let line: Int

  /// How the token reads, for messages.
  var spelling: String {
    switch kind {
    case .text: "text"
    case .outputBegin: "'{{'"
    case .outputEnd: "'}}'"
    case .blockBegin: "'{%'"
    case .blockEnd: "'%}'"
    case .name(let name): "'\(name)'"
    case .string(let text): "\"\(text.prefix(40))\""
    case .integer(let value): "\(value)"
    case .float(let value): "\(value)"
    case .symbol(let symbol): "'\(symbol)'"
    }
  }
}
