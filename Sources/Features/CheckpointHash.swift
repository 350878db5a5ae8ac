internal import Files
internal import Foundation
package import Mapping
internal import Tensors

/// Names what an encoder computes: its parameters and how what comes into them is rounded, its configuration and its image processor's settings, which may stand
/// in the model's `config.json` too.
package enum CheckpointHash {
  /// - Parameter language: the language model and what makes its prompts count too.
  package static func sha256(of checkpoint: MappedCheckpoint, language: Bool = false) throws -> String {
    let roots = ["vision.", "projector."] + (language ? ["language."] : [])
    let names = checkpoint.parameters.keys.filter { name in roots.contains(where: name.hasPrefix) }.sorted()
    let sums = try Parallel.map(names.count) { index in
      try checkpoint.withBytes(of: names[index]) { SHA256.hash(of: $0) }
    }
    let hash = SHA256()
    for (name, sum) in zip(names, sums) {
      let descriptor = checkpoint.parameters[name]!
      let rounding = checkpoint.roundingIdentity(of: name).map { " \($0)" } ?? ""
      hash.update("\(name) \(descriptor.dtype.rawValue) \(descriptor.shape) \(sum)\(rounding)\n")
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    hash.update(String(decoding: try encoder.encode(checkpoint.configuration), as: UTF8.self))
    hash.update("config.json\n\(String(decoding: checkpoint.sourceConfig, as: UTF8.self))\n")
    for name in ["preprocessor_config.json", "processor_config.json"] + (language ? promptFiles : []) {
      if let data = try checkpoint.folder.contents(of: name, byteLimit: .max) {
        hash.update("\(name)\n\(String(decoding: data, as: UTF8.self))\n")
      }
    }
    return hash.finish()
  }

  private static let promptFiles = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
    "merges.txt", "tokenizer.model", "chat_template.jinja", "chat_template.json",
  ]
}
