internal import ActionTokens
internal import Files
internal import Foundation
internal import Tensors
internal import Tokenizers

/// Settings that a server takes of generation_config.json where the agent's request, which has a temperature and no more,
/// is silent.
struct GenerationAudit {
  private(set) var findings: [AuditFinding] = []

  init(_ folder: ModelFolder, _ tokenizer: Tokenizer, _ vocabulary: ActionVocabulary) throws {
    stops(tokenizer, vocabulary)
    guard let settings = try Self.settings(in: folder) else {
      findings.append(
        AuditFinding("generation.sampling", .note, "there is no generation_config.json: a server samples by its own defaults"))
      return
    }
    let found = Self.fights(settings)
    findings.append(
      found.isEmpty
        ? AuditFinding("generation.sampling", .passed, "generation_config.json leaves sampling to the agent's temperature")
        : AuditFinding(
          "generation.sampling", .warning, "generation_config.json fights the agent's temperature: \(found.joined(separator: "; "))",
          remedy: "take these out, or send top_p 1, top_k -1 and repetition_penalty 1"))
    let suppressed = (settings["suppress_tokens"]?.arrayValue ?? []).compactMap(\.intValue).filter { vocabulary.number(of: $0) != nil }
    if let first = suppressed.first {
      findings.append(
        AuditFinding("generation.suppressed", .failed, "suppress_tokens has \(suppressed.count) reserved tokens, \(first) first"))
    }
  }

  /// `generation_config.json` of a folder.
  private static func settings(in folder: ModelFolder) throws(VLMError) -> JSONValue? {
    let name = "generation_config.json"
    guard let file = folder.source(of: name), let data = try folder.contents(of: name) else { return nil }
    return try JSONValue(parsing: data, file: file, code: .auditFile)
  }

  /// What a server takes of the folder's settings that an agent does not send, each in some words.
  static func fights(in folder: ModelFolder) throws(VLMError) -> [String] { try settings(in: folder).map(fights) ?? [] }

  private static func fights(_ settings: JSONValue) -> [String] {
    var found: [String] = []
    if let penalty = settings["repetition_penalty"]?.doubleValue, penalty != 1 {
      found.append("repetition_penalty \(penalty) weakens the tokens that every action has")
    }
    if let most = settings["top_k"]?.intValue, (1...20).contains(most) {
      found.append(most == 1 ? "top_k 1 takes the likeliest token whatever the temperature" : "top_k \(most) cuts off rare keys")
    }
    if let share = settings["top_p"]?.doubleValue, share < 0.9 {
      found.append(share < 0.1 ? "top_p \(share) takes the likeliest token whatever the temperature" : "top_p \(share) cuts off rare keys")
    }
    if let least = settings["min_p"]?.doubleValue, least > 0.1 { found.append("min_p \(least) cuts off rare keys") }
    return found
  }

  /// Where answers end.
  private mutating func stops(_ tokenizer: Tokenizer, _ vocabulary: ActionVocabulary) {
    let ids = tokenizer.specialTokens.stopIDs
    if let action = ids.first(where: { vocabulary.number(of: $0) != nil }) {
      findings.append(
        AuditFinding(
          "generation.stop", .failed, "answers end at token \(action), which is one of an action's",
          remedy: "eos_token_id must be the end of a turn"))
      return
    }
    let turn = vocabulary == .qwen2VL ? "<|im_end|>" : "<|eot_id|>"
    guard let end = tokenizer.id(of: turn), ids.contains(end) else {
      findings.append(
        AuditFinding(
          "generation.stop", .warning,
          "answers do not end at \(turn), the end of a turn (eos_token_id \(ids.map(String.init).joined(separator: ", "))): each goes on to its limit of 1024 tokens",
          remedy: "add the id of \(turn) to eos_token_id of generation_config.json"))
      return
    }
    findings.append(AuditFinding("generation.stop", .passed, "answers end at \(turn)"))
  }
}
