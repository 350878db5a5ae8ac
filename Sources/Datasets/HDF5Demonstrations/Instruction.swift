internal import Foundation
package import Tensors

/// What the robot is told, from wherever a demonstration file keeps it.
package enum Instruction {
  private static let keys = ["language_instruction", "instruction", "lang"]

  /// The demonstration's own attribute, `problem_info` of LIBERO, `env_args`, or the file's name, in that order; the
  /// evidence says which.
  package static func find(
    in file: any ArrayFile, demonstration: String
  ) throws(VLMError) -> Chosen<String> {
    for attribute in keys {
      if let text = try file.text(attribute: attribute, of: demonstration),
        let plain = RecordedText.cleaned(text)
      {
        return Chosen(plain, "\(attribute) of the demonstration")
      }
    }
    for attribute in ["problem_info", "env_args"] {
      if let text = try file.text(attribute: attribute, of: "/data"), let plain = inJSON(text) {
        return Chosen(plain, "\(attribute) of /data")
      }
    }
    return Chosen(fromFileName(file.path), "the file's name, since nothing in it says")
  }

  /// The first `language_instruction`, `instruction` or `lang` anywhere in a JSON text.
  package static func inJSON(_ text: String) -> String? { RecordedText.first(of: keys, inJSON: text) }

  /// `KITCHEN_SCENE3_turn_on_the_stove_demo.hdf5` -> `turn on the stove`.
  package static func fromFileName(_ path: String) -> String {
    var name = URL(filePath: path).deletingPathExtension().lastPathComponent
    if name.hasSuffix("_demo") { name.removeLast(5) }
    var words = name.split(whereSeparator: { $0 == "_" || $0 == "-" }).map(String.init)
    // LIBERO puts the scene first, in capitals.
    while words.count > 1, let first = words.first, first == first.uppercased(),
      first.contains(where: \.isLetter)
    {
      words.removeFirst()
    }
    return words.isEmpty ? name : words.joined(separator: " ")
  }
}
