internal import ActionTokens
internal import Tokenizers

/// Whether the tokenizer has the action tokens, where the agent looks for them, and keeps each whole.
struct TokenAudit {
  let findings: [AuditFinding]

  init(_ tokenizer: Tokenizer, _ vocabulary: ActionVocabulary) {
    let tokens = vocabulary.tokens
    var findings = [Self.presence(tokenizer, tokens, vocabulary)]
    let actions = tokens.filter {
      $0.id >= vocabulary.id(of: ActionVocabulary.firstOfActions) && tokenizer.id(of: $0.text) != nil
    }
    guard !actions.isEmpty else {
      self.findings = findings
      return
    }
    findings.append(Self.wholeness(tokenizer, actions))
    let plain = actions.filter { tokenizer.id(of: $0.text).map(tokenizer.isSpecial) != true }
    findings.append(
      plain.isEmpty
        ? AuditFinding(
          "tokens.special", .passed,
          "action tokens are special, so that a server leaves them out of its text unless skip_special_tokens is false")
        : AuditFinding(
          "tokens.special", .note, "\(plain.count) action tokens are not special: \(listed(plain.map(\.text)))"))
    self.findings = findings
  }

  private static func presence(_ tokenizer: Tokenizer, _ tokens: [(id: Int, text: String)], _ vocabulary: ActionVocabulary)
    -> AuditFinding
  {
    // The first have names that are their authors' business; that a token is there is enough.
    let named = Set(vocabulary.named)
    let missing = tokens.filter { token in
      named.contains(token.text) ? tokenizer.token(of: token.id) == nil : tokenizer.id(of: token.text) == nil
    }
    let elsewhere = tokens.filter { token in
      !named.contains(token.text) && tokenizer.id(of: token.text).map { $0 != token.id } == true
    }
    if !missing.isEmpty {
      return AuditFinding(
        "tokens.ids", .failed,
        "\(missing.count) of \(tokens.count) tokens are not in the tokenizer: \(listed(missing.map { "\($0.text) (\($0.id))" }))",
        remedy: "take the tokenizer of the training run, or append JARVIS-VLA's special_token.json to it")
    }
    if let first = elsewhere.first {
      return AuditFinding(
        "tokens.ids", .failed,
        "\(elsewhere.count) tokens have other ids than the agent's table: \(first.text) is \(tokenizer.id(of: first.text)!), not \(first.id)",
        remedy: "the agent decodes by fixed ids: append the tokens to the tokenizer that was trained with")
    }
    return AuditFinding(
      "tokens.ids", .passed, "all \(tokens.count) tokens are there, ids \(tokens[0].id) to \(tokens[tokens.count - 1].id)")
  }

  /// Each token alone, in a word and between blanks.
  private static func wholeness(_ tokenizer: Tokenizer, _ tokens: [(id: Int, text: String)]) -> AuditFinding {
    let encode = { (text: String) in (try? tokenizer.encode(text, addSpecialTokens: false)) ?? [] }
    let (before, after) = (encode("x "), encode(" y"))
    let split = tokens.filter { token in
      guard let id = tokenizer.id(of: token.text) else { return false }
      return encode(token.text) != [id] || encode("x \(token.text) y") != before + [id] + after
    }
    return split.isEmpty
      ? AuditFinding("tokens.whole", .passed, "the tokenizer keeps each action token whole, and takes nothing beside it")
      : AuditFinding(
        "tokens.whole", .failed,
        "the tokenizer splits \(split.count) action tokens, or takes blanks beside them: \(listed(split.map(\.text)))",
        remedy: "they must be added tokens that strip nothing")
  }
}
