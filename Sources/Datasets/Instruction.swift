internal import Foundation
package import Tensors

/// What the robot is told, from wherever a demonstration file keeps it.
package enum Instruction {
  /// The demonstration's own attribute, `problem_info` of LIBERO, `env_args`, or the file's name, in that order.
  package static func find(in file: any ArrayFile, demonstration: String) throws(VLMError) -> String {
    for attribute in ["language_instruction", "instruction", "lang"] {
      if let text = try file.text(attribute: attribute, of: demonstration), let plain = cleaned(text) {
        return plain
      }
    }
    for attribute in ["problem_info", "env_args"] {
      if let text = try file.text(attribute: attribute, of: "/data"), let plain = inJSON(text) {
        return plain
      }
    }
    return fromFileName(file.path)
  }

  /// The first `language_instruction`, `instruction` or `lang` anywhere in a JSON text.
  package static func inJSON(_ text: String) -> String? {
    guard let value = try? JSONSerialization.jsonObject(with: Data(text.utf8)) else { return nil }
    return search(value, depth: 0)
  }

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

  private static func search(_ value: Any, depth: Int) -> String? {
    guard depth < 8 else { return nil }
    if let object = value as? [String: Any] {
      for key in ["language_instruction", "instruction", "lang"] {
        if let text = object[key] as? String, let plain = cleaned(text) { return plain }
        if let words = object[key] as? [String], let plain = cleaned(words.joined(separator: " ")) {
          return plain
        }
      }
      for key in object.keys.sorted() {
        if let found = search(object[key]!, depth: depth + 1) { return found }
      }
    }
    return nil
  }

  private static func cleaned(_ text: String) -> String? {
    let plain = text.trimmingCharacters(in: CharacterSet(charactersIn: " \"\n\t"))
    return plain.isEmpty ? nil : plain
  }
}
