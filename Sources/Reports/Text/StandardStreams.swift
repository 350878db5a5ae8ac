package import Foundation
package import Tensors

/// What a command writes, when the other end may be closed or full.
package enum StandardStreams {
  /// To standard output; throws `output.stream.unwritable`.
  package static func print(_ data: Data) throws(VLMError) {
    do {
      try FileHandle.standardOutput.write(contentsOf: data)
    } catch {
      throw VLMError(
        VLMError.Code("output.stream.unwritable"), "cannot be written to: \(error.localizedDescription)",
        file: "standard output", cause: error)
    }
  }

  package static func print(_ text: String) throws(VLMError) { try print(Data(text.utf8)) }

  /// To standard error; when that fails there is nobody left to tell.
  package static func remark(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// Says on standard error what opening a file brought up, a line each.
  package static func say(_ notices: [Notice]) { remark(notices.map { "\($0)\n" }.joined()) }
}
