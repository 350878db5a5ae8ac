/// Every failure that a file, a setting or the system can cause, in one shape.
///
/// Prints as `FILE: TENSOR: what is wrong (what to do)`. A programmer's mistake is a precondition, never a `VLMError`.
public struct VLMError: Error, Sendable, CustomStringConvertible {
  /// A stable name for the kind of failure, `room.subject.defect`; each room declares its own in an extension.
  public struct Code: RawRepresentable, Hashable, Sendable {
    /// As `mapping.coverage.missing`; `Sources/*/*Errors.swift` declare them all.
    public let rawValue: String
    /// The code that is spelled so, to compare with.
    public init(rawValue: String) { self.rawValue = rawValue }
    package init(_ rawValue: String) { self.rawValue = rawValue }
  }

  /// What kind of failure it is.
  public let code: Code
  /// What is wrong, without file and tensor.
  public let message: String
  /// Path of the file, or what stands for it.
  public package(set) var file: String?
  /// Tensor, parameter or stage.
  public package(set) var tensor: String?
  /// Byte offset in `file` at which the defect stands.
  public package(set) var offset: Int?
  /// What the user can do.
  public package(set) var remedy: String?
  /// What it came of.
  public package(set) var cause: (any Error)?

  package init(
    _ code: Code, _ message: String, file: String? = nil, tensor: String? = nil, offset: Int? = nil,
    remedy: String? = nil, cause: (any Error)? = nil
  ) {
    self.code = code
    self.message = message
    self.file = file
    self.tensor = tensor
    self.offset = offset
    self.remedy = remedy
    self.cause = cause
  }

  /// One line for a terminal. Names come from files, so what a terminal would obey is spelled out and what is very
  /// long is cut; `tensor` and `message` keep the full text.
  public var description: String {
    var text = ""
    if let file { text += "\(Self.printable(file, longest: 4096)): " }
    if let tensor { text += "\(Self.printable(tensor)): " }
    text += Self.printable(message)
    if let offset { text += " at byte \(offset)" }
    if let remedy { text += " (\(Self.printable(remedy)))" }
    return text
  }

  private static func printable(_ text: String, longest: Int = 400) -> String {
    var result = ""
    for (position, scalar) in text.unicodeScalars.enumerated() {
      if position == longest { return result + "…" }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator:
        result += "\\u{\(String(scalar.value, radix: 16))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
