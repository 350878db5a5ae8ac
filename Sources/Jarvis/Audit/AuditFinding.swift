package import Tensors

extension VLMError.Code {
  /// A model of a family that JARVIS-VLA was not made of.
  package static let auditFamily = Self("jarvis.audit.family")
  /// A file beside the model that cannot be read.
  package static let auditFile = Self("jarvis.audit.file")
}

/// What one check of a checkpoint came to.
package struct AuditFinding: Encodable, Hashable, Sendable {
  package enum Verdict: String, Encodable, Hashable, Sendable {
    case passed
    /// Something to know.
    case note
    /// It may not be what was meant.
    case warning
    /// The agent cannot work so.
    case failed
  }

  /// A stable name, such as `tokens.ids`.
  package let id: String
  package let verdict: Verdict
  package let sentence: String
  package let remedy: String?

  init(_ id: String, _ verdict: Verdict, _ sentence: String, remedy: String? = nil) {
    self.id = id
    self.verdict = verdict
    self.sentence = sentence
    self.remedy = remedy
  }
}

/// Some of several names, for a sentence.
func listed(_ names: [String], most: Int = 4) -> String {
  let shown = names.prefix(most).joined(separator: ", ")
  return names.count > most ? "\(shown) and \(names.count - most) more" : shown
}
