internal import Foundation
internal import Tensors

/// Texts that demonstration files keep inside JSON attributes.
enum RecordedText {
  /// The first of `keys` anywhere in a JSON text that holds a text, or words to be joined.
  static func first(of keys: [String], inJSON text: String) -> String? {
    guard let value = try? JSONSerialization.jsonObject(with: Data(text.utf8)) else { return nil }
    return search(value, keys, depth: 0)
  }

  /// Without quotes and blanks around it; `nil` when nothing is left.
  static func cleaned(_ text: String) -> String? {
    let plain = text.trimmingCharacters(in: CharacterSet(charactersIn: " \"\n\t"))
    return plain.isEmpty ? nil : plain
  }

  private static func search(_ value: Any, _ keys: [String], depth: Int) -> String? {
    guard depth < 8, let object = value as? [String: Any] else { return nil }
    for key in keys {
      if let text = object[key] as? String, let plain = cleaned(text) { return plain }
      if let words = object[key] as? [String], let plain = cleaned(words.joined(separator: " ")) {
        return plain
      }
    }
    for key in object.keys.sorted() {
      if let found = search(object[key]!, keys, depth: depth + 1) { return found }
    }
    return nil
  }
}
