internal import ActionTokens
internal import ChatTemplates
internal import Tensors
internal import Tokenizers

/// Whether the chat template puts before a request what JARVIS-VLA was trained behind.
struct PromptAudit {
  let findings: [AuditFinding]

  /// Qwen2-VL's template adds it where no message is the system's; the agent sends none.
  private static let system = "You are a helpful assistant."

  init(_ template: ChatTemplate?, _ tokenizer: Tokenizer, _ vocabulary: ActionVocabulary) throws {
    guard let template else {
      findings = [
        AuditFinding(
          "prompt.template", .failed, "there is no chat template: a server refuses conversations",
          remedy: "put the base model's chat_template.json beside it")
      ]
      return
    }
    let request = ChatMessage(role: "user", content: [.text("mine a log\nobservation: \n"), .image])
    let prompt: String
    do throws(VLMError) {
      prompt = try template.render([request], addGenerationPrompt: true, tokens: tokenizer.specialTokens.named)
    } catch {
      findings = [AuditFinding("prompt.template", .failed, "the chat template refuses the agent's request: \(error.message)")]
      return
    }
    guard vocabulary == .qwen2VL else {
      findings = [AuditFinding("prompt.template", .note, "a request becomes \(prompt.debugDescription)")]
      return
    }
    let opening = "<|im_start|>system\n\(Self.system)<|im_end|>\n"
    let rest = "<|im_start|>user\nmine a log\nobservation: \n<|vision_start|><|image_pad|><|vision_end|><|im_end|>\n<|im_start|>assistant\n"
    var findings: [AuditFinding] = []
    if prompt.hasPrefix(opening) {
      findings.append(
        AuditFinding("prompt.system", .passed, "the chat template adds the system message \"\(Self.system)\", as in training"))
    } else if prompt.hasPrefix("<|im_start|>system") {
      findings.append(
        AuditFinding(
          "prompt.system", .warning,
          "the chat template adds another system message than in training: \(prompt.prefix(80).debugDescription)",
          remedy: "take Qwen2-VL's own template"))
    } else {
      findings.append(
        AuditFinding(
          "prompt.system", .warning, "the chat template adds no system message; in training it added \"\(Self.system)\"",
          remedy: "take Qwen2-VL's own template"))
    }
    findings.append(
      prompt.hasSuffix(rest)
        ? AuditFinding("prompt.turns", .passed, "a request becomes the turns of training: text, picture, the assistant's header")
        : AuditFinding(
          "prompt.turns", .warning, "a request becomes other turns than in training: \(prompt.suffix(200).debugDescription)",
          remedy: "take Qwen2-VL's own template"))
    self.findings = findings
  }
}
