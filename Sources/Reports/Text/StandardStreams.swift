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

  /// Has every closed standard stream lead to a place where it can neither be read nor written, so that no file that is
  /// opened later gets its number; what is printed there fails like on a full disk. To be called first.
  package static func holdPlaces() {
    for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) == -1 {
      // The lowest free number is taken, which is this one.
      _ = open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// To standard error; when that fails there is nobody left to tell.
  package static func remark(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// Says on standard error what opening a file brought up, a line each.
  package static func say(_ notices: [Notice]) { remark(notices.map { "\($0)\n" }.joined()) }
}
