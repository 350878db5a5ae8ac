internal import Checkpoints
internal import Tensors

/// Which tensors of a checkpoint are taken, and under what names: all as they are, but for what the user or a wrapper asks.
struct TensorSelection {
  /// Those that are not left out, in the file's order.
  let tensors: [TensorDescriptor]
  /// Their names.
  var names: PlainNames
  let leftOut: [Coverage.Ignored]

  private let base: any CheckpointReader
  private let options: MappedCheckpoint.Options
  private let file: String

  /// - Throws: `mapping.names.ambiguous` when two tensors have one name without a prefix.
  init(_ reader: any CheckpointReader, _ options: MappedCheckpoint.Options, file: String) throws(VLMError) {
    var tensors: [TensorDescriptor] = []
    var leftOut: [Coverage.Ignored] = []
    for tensor in reader.tensors {
      if let pattern = options.ignoring.first(where: { $0.matches(tensor.name) }) {
        leftOut.append(Coverage.Ignored(tensor: tensor.name, reason: Self.reason(pattern)))
      } else {
        tensors.append(tensor)
      }
    }
    var names = PlainNames(tensors.map(\.name))
    for prefix in options.prefixes {
      let piece = WrapperPiece(head: "", piece: prefix)
      if let (one, other) = names.remove(piece) {
        throw VLMError(
          .namesAmbiguous, "without the prefix `\(prefix)` it has the name of `\(other)`", file: file, tensor: one,
          remedy: "leave one of them out with --ignore")
      }
    }
    if options.prefixes.isEmpty { names.unwrapPolicy() }
    self.tensors = tensors
    self.names = names
    self.leftOut = leftOut
    base = reader
    self.options = options
    self.file = file
  }

  private static func reason(_ pattern: NamePick) -> String { "left out by --ignore '\(pattern)'" }

  /// The tensors under their plain names.
  var reader: any CheckpointReader {
    guard !leftOut.isEmpty || !names.removals.isEmpty else { return base }
    return base.renamed(Dictionary(uniqueKeysWithValues: zip(names.stored, names.plain)))
  }

  /// What was taken out of names and out of the checkpoint, and what was asked for in vain.
  ///
  /// - Parameter isRuntime: whether it is in the runtime's layout, whose conversion has done what is asked for.
  func notices(isRuntime: Bool) -> [Notice] {
    var notices = names.removals.map { removal in
      Notice(
        .note, "names without \(removal.piece.text), which \(removal.count) of \(tensors.count) tensors have", file: file)
    }
    for pattern in options.ignoring {
      let count = leftOut.count { pattern.matches($0.tensor) }
      if count > 0 {
        notices.append(Notice(.note, "\(count) tensor\(count == 1 ? "" : "s") \(Self.reason(pattern))", file: file))
      } else if !isRuntime {
        notices.append(Notice(.warning, "--ignore '\(pattern)' matches no tensor", file: file))
      }
    }
    for prefix in options.prefixes where !isRuntime && !names.removals.contains(where: { $0.piece.piece == prefix }) {
      notices.append(Notice(.warning, "no tensor's name begins with --prefix '\(prefix)'", file: file))
    }
    return notices
  }
}
