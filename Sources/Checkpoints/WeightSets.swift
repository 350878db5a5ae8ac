internal import Files
internal import Foundation
package import Tensors

/// What a folder holds beside the weights that are read: said, or refused when it is another set of weights that differs.
package enum WeightSets {
  static let adapterWeights = "adapter_model"

  /// - Parameter reader: what the folder was opened as.
  /// - Returns: what else lies there that one might take for the model, or for a part of it.
  /// - Throws: `directory.ambiguous` when a second whole set holds other weights. All data are read where there is one.
  package static func notices(
    in directory: String, reading reader: any CheckpointReader
  ) throws(VLMError) -> [Notice] {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted()
    var known = Set(reader.tensors.map { reader.file(of: $0.name).lastPathPart })
    var notices: [Notice] = []
    if names.contains(LoRAAdapter.configurationName) {
      notices.append(
        Notice(
          .warning, "\(adapter(in: directory)) lies beside the weights and is not applied", file: directory,
          remedy: "\(directory)+\(directory) merges it"))
    }
    for container in CheckpointContainer.all where known.contains(where: { $0.hasSuffix(container.suffix) }) {
      for index in names where container.namesIndex(index) {
        let path = (directory.hasSuffix("/") ? directory : directory + "/") + index
        let rival: any CheckpointReader
        do throws(VLMError) {
          rival = try container.openIndex(path)
        } catch {
          notices.append(Notice(.warning, "is not read: \(error.message)", file: path))
          continue
        }
        let files = Set(rival.tensors.map { rival.file(of: $0.name).lastPathPart })
        guard !files.isSubset(of: known) else { continue }
        if let tensor = firstDifference(reader, rival) {
          throw VLMError(
            .directoryIsAmbiguous,
            "the directory holds two sets of weights that differ, \(known.sorted().prefix(2).joined(separator: ", ")) and \(index)",
            file: directory, tensor: tensor, remedy: "give the path of the one you mean")
        }
        notices.append(
          Notice(
            .note, "the weights are there twice; \(known.sorted()[0]) is read, \(index) lists the same", file: directory))
        known.formUnion(files)
      }
    }
    let others = names.filter { name in
      !known.contains(name) && holdsWeights(name, in: directory, like: reader)
    }
    if !others.isEmpty {
      let listed = others.prefix(4).joined(separator: ", ") + (others.count > 4 ? ", …" : "")
      notices.append(
        Notice(
          .note, "\(known.sorted().prefix(2).joined(separator: ", "))\(known.count > 2 ? ", …" : "") is read, not \(listed)",
          file: directory))
    }
    return notices
  }

  /// Whether a file that is not read looks like weights of this model: by its usual name, or by a tensor's.
  private static func holdsWeights(_ name: String, in directory: String, like reader: any CheckpointReader) -> Bool {
    guard let container = CheckpointContainer.all.first(where: { $0.names(name) }) else { return false }
    if name == container.stem + container.suffix || name.hasPrefix("consolidated") { return true }
    let path = (directory.hasSuffix("/") ? directory : directory + "/") + name
    guard let other = try? container.openFile(path) else { return false }
    let tensors = Set(reader.tensors.map(\.name))
    return other.tensors.contains { tensors.contains($0.name) }
  }

  /// Refuses a folder whose only weights are an adapter's.
  static func refuseLoneAdapter(_ names: [String], in directory: String) throws(VLMError) {
    let isOther = { (name: String) in CheckpointContainer.all.contains { $0.names(name) } }
    guard names.contains(LoRAAdapter.configurationName), !names.contains(where: isOther) else { return }
    throw VLMError(
      .directoryHasNoCheckpoint, "holds \(adapter(in: directory)) without its base model", file: directory,
      remedy: "give BASE+\(directory), BASE being that model's folder")
  }

  /// `an adapter (LORA) of org/name`
  private static func adapter(in directory: String) -> String {
    let url = URL(filePath: directory).appending(path: LoRAAdapter.configurationName)
    let values = (try? Data(contentsOf: url)).flatMap { try? JSONValue(parsing: $0, file: url.path, code: .jsonSyntax) }
    let kind = values?["peft_type"]?.stringValue.map { " (\($0))" } ?? ""
    let base = values?["base_model_name_or_path"]?.stringValue.map { " of `\($0)`" } ?? ""
    return "an adapter\(kind)\(base)"
  }

  /// A tensor that the two do not both have with the same bytes.
  private static func firstDifference(_ one: any CheckpointReader, _ other: any CheckpointReader) -> String? {
    let (first, second) = (one.tensors, other.tensors)
    for (a, b) in zip(first, second) where a != b { return min(a.name, b.name) }
    guard first.count == second.count else {
      return (first.count > second.count ? first : second)[min(first.count, second.count)].name
    }
    return first.first { tensor in
      let isSame = try? one.withBytes(of: tensor.name) { a in
        try other.withBytes(of: tensor.name) { b in
          a.isEmpty || memcmp(a.baseAddress!, b.baseAddress!, a.count) == 0
        }
      }
      return isSame != true
    }?.name
  }
}
