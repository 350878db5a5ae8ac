/// Something about a file that the user should know and that stops nothing: what was chosen, left out or is odd.
///
/// Collected where a file is opened; a command says each once on standard error and lists them in its JSON as `notices`.
public struct Notice: Codable, Hashable, Sendable, CustomStringConvertible {
  /// How much it matters.
  public enum Kind: String, Codable, Sendable {
    /// What was chosen among several readings.
    case note
    /// What may not be what was meant.
    case warning
  }

  /// Note or warning.
  public let kind: Kind
  /// Path of the file it is about.
  public let file: String
  /// What was chosen, left out or is odd.
  public let message: String
  /// What the user can do.
  public let remedy: String?

  package init(_ kind: Kind, _ message: String, file: String, remedy: String? = nil) {
    self.kind = kind
    self.file = file
    self.message = message
    self.remedy = remedy
  }

  /// One line for a terminal: `warning: FILE: what is odd (what to do)`.
  public var description: String {
    "\(kind.rawValue): \(VLMError(VLMError.Code(kind.rawValue), message, file: file, remedy: remedy))"
  }
}
