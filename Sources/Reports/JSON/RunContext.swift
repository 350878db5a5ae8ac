/// Which program was run and how: what a reader needs to get the same report again.
package struct RunContext: Codable, Sendable, Equatable {
  package var version: String
  /// The command line, program name first.
  package var arguments: [String]
  /// Instruction set and threads the numbers came from, such as `AVX2, 8 threads`; empty when not known.
  package var machine: String

  package init(version: String, arguments: [String], machine: String = "") {
    self.version = version
    self.arguments = arguments
    self.machine = machine
  }

  /// The command line as a POSIX shell takes it, each argument quoted where it must be.
  package var commandLine: String { arguments.map(RunContext.quoted).joined(separator: " ") }

  /// `argument` as a POSIX shell takes it.
  package static func quoted(_ argument: String) -> String {
    let plain =
      !argument.isEmpty
      && argument.unicodeScalars.allSatisfy { scalar in
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", "/", ":", "=", ",", "@", "%", "+": true
        default: false
        }
      }
    return plain ? argument : "'" + argument.replacing("'", with: "'\\''") + "'"
  }
}
