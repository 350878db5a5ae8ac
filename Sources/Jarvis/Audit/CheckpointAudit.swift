package import ActionTokens
internal import ChatTemplates
internal import Foundation
package import Mapping
package import Tensors
internal import Tokenizers

/// Whether a checkpoint can act as JARVIS-VLA's agent expects of it, from its files alone.
///
/// Reads headers, some rows of the embedding, tokenizer, chat template and settings; runs nothing of the model.
package struct CheckpointAudit: Encodable, Sendable {
  package let path: String
  package let family: String
  package let dialect: String
  package let vocabulary: String
  package let findings: [AuditFinding]
  /// Lengths of rows of the embedding, and of the head where it is a matrix of its own.
  package let rows: [RowStatistics]

  /// Whether nothing failed.
  package var isSound: Bool { !findings.contains { $0.verdict == .failed } }

  /// - Parameter base: what the checkpoint was trained from; rows that are still as they were there are untrained.
  /// - Throws: `jarvis.audit.family` for a model of another family, and what reading its files throws.
  package init(_ checkpoint: MappedCheckpoint, base: MappedCheckpoint? = nil) throws {
    let vocabulary = try Self.vocabulary(of: checkpoint)
    path = checkpoint.path
    family = checkpoint.configuration.family
    dialect = checkpoint.configuration.dialect
    self.vocabulary = vocabulary.name
    let tokenizer = try Tokenizer(checkpoint.folder)
    let template = try ChatTemplate(checkpoint.folder)
    var findings = TokenAudit(tokenizer, vocabulary).findings
    let embedding = try EmbeddingAudit(checkpoint, vocabulary, base: base)
    findings += embedding.findings
    findings += try PromptAudit(template, tokenizer, vocabulary).findings
    findings += try PictureAudit(checkpoint, vocabulary).findings
    findings += try GenerationAudit(checkpoint.folder, tokenizer, vocabulary).findings
    findings += Self.names(checkpoint, vocabulary)
    self.findings = findings
    rows = embedding.rows
  }

  private static func vocabulary(of checkpoint: MappedCheckpoint) throws(VLMError) -> ActionVocabulary {
    switch checkpoint.configuration.family {
    case "qwen2_vl": .qwen2VL
    case "llava_next_llama3": .llama3
    default:
      throw VLMError(
        .auditFamily, "is \(checkpoint.configuration.family); JARVIS-VLA is a Qwen2-VL, or a LLaVA-NeXT on Llama 3",
        file: checkpoint.path)
    }
  }

  /// What the names of folder and tensors bring about in the authors' code.
  private static func names(_ checkpoint: MappedCheckpoint, _ vocabulary: ActionVocabulary) -> [AuditFinding] {
    guard vocabulary == .qwen2VL else { return [] }
    let path = URL(filePath: checkpoint.path).standardizedFileURL.path(percentEncoded: false).lowercased()
    let isKnown = path.contains("qwen2-vl") || path.contains("qwen2_vl")
    return [
      isKnown
        ? AuditFinding("path.backbone", .passed, "the path has qwen2-vl in it, by which the public agent knows the backbone")
        : AuditFinding(
          "path.backbone", .warning, "the path has no qwen2-vl or qwen2_vl in it, by which the public agent knows the backbone: it stops",
          remedy: "rename the folder"),
      checkpoint.configuration.dialect == "transformers-5"
        ? AuditFinding(
          "names.freezing", .note,
          "tensors are named model.visual...: the freezing patterns of stage III, which begin with visual., match nothing in such names",
          remedy: "train with transformers before 4.52, or check with `vlmtool diff` that vision is frozen")
        : AuditFinding("names.freezing", .passed, "tensors are named visual..., as the freezing patterns of stage III have them"),
    ]
  }
}
