import Foundation
import Tensors

/// Texts of the command line, or those of standard input in their place.
enum StandardInput {
  /// Beyond this a text is no list of answers.
  private static let mostBytes = 1 << 30

  static func isMeant(by arguments: [String]) -> Bool { arguments.isEmpty || arguments == ["-"] }

  /// The texts and what errors call them. Arguments that are numbers alone are one text; empty lines are none.
  ///
  /// - Parameter eachLine: whether lines of standard input are texts of their own.
  /// - Throws: `input.stream.unreadable` for more than 1 GiB, or nothing at all.
  static func texts(_ arguments: [String], eachLine: Bool) throws(VLMError) -> [(name: String, text: String)] {
    guard isMeant(by: arguments) else {
      if arguments.allSatisfy({ Int($0) != nil }) { return [("the command line", arguments.joined(separator: " "))] }
      return arguments.enumerated().map { ("argument \($0 + 1)", $1) }
    }
    let data: Data
    do {
      data = try FileHandle.standardInput.read(upToCount: mostBytes + 1) ?? Data()
    } catch {
      throw failure("cannot be read: \(error.localizedDescription)", cause: error)
    }
    guard data.count <= mostBytes else { throw failure("has more than \(mostBytes) bytes") }
    let text = String(decoding: data, as: UTF8.self)
    guard text.contains(where: { !$0.isWhitespace }) else { throw failure("is empty") }
    guard eachLine else { return [("standard input", text)] }
    return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated().compactMap {
      $1.allSatisfy(\.isWhitespace) ? nil : ("standard input, line \($0 + 1)", String($1))
    }
  }

  private static func failure(_ message: String, cause: (any Error)? = nil) -> VLMError {
    VLMError(VLMError.Code("input.stream.unreadable"), message, file: "standard input", cause: cause)
  }
}
