internal import Checkpoints
internal import Mapping
internal import Tensors

/// Channels between two layers that may be divided in the one, and multiplied in the other, without changing what the model computes:
/// a norm and the linear layers that read it, or two linear layers with nothing but a linear map between them.
struct SmoothingPlace: Sendable, Equatable {
  /// As reports call it: `vision.blocks.0.norm1`.
  let name: String
  /// Parameters whose steps along the first axis are divided: a norm's weight and bias, or a linear layer's.
  let writers: [String]
  /// Linear weights whose input channels are multiplied.
  let readers: [String]
  /// The writers' channel that each of the readers' is.
  let channels: [Int]
  /// Whether the writers are a norm's, so that what it puts out is known without any data.
  let isNorm: Bool

  /// The reader that every token comes to.
  var watched: String { readers.first { $0.hasSuffix(".router.weight") } ?? readers[0] }

  /// All of a model, in the order of their names.
  ///
  /// A norm that multiplies by `1 + weight` (Gemma) is none: the weight of the smoothed one would be rounded. Neither are the values of a
  /// language model beside which the files have another network: the action experts of pi0 and SmolVLA attend to them as well.
  static func all(of checkpoint: MappedCheckpoint) -> [SmoothingPlace] {
    let parameters = checkpoint.parameters
    let blocks = Set(
      parameters.keys.compactMap { name in
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.lastIndex(of: "blocks").flatMap { place in
          place + 1 < parts.count && Int(parts[place + 1]) != nil ? parts.prefix(place + 2).joined(separator: ".") : nil
        }
      })
    return blocks.flatMap { Block(root: $0, checkpoint: checkpoint).places }.sorted { $0.name < $1.name }
  }

  /// One transformer block.
  private struct Block {
    let root: String
    let checkpoint: MappedCheckpoint

    var places: [SmoothingPlace] {
      let attention = ["query", "key", "value"].map { "\(root).attention.\($0).weight" }
      let feedForward = parameters("\(root).mlp.") { [".up.weight", ".gate.weight", ".router.weight"].contains(where: $0.hasSuffix) }
      let gated = parameters("\(root).mlp.") { $0.hasSuffix(".gate.weight") }.map { String($0.dropLast(12)) }
      return [
        norm("\(root).norm1", attention),
        norm("\(root).norm2", feedForward),
        has("\(root).attention.norm.weight")
          ? norm("\(root).attention.norm", ["\(root).attention.output.weight"])
          : sharesValues ? nil : linear("\(root).attention.value", "\(root).attention.output.weight"),
        norm("\(root).mlp.norm", ["\(root).mlp.down.weight"]),
      ].compactMap(\.self)
        + gated.filter { !has("\($0).norm.weight") }.compactMap { linear("\($0).up", "\($0).down.weight") }
    }

    /// Whether there is a network in the files that nothing here reads, and that may attend to what this block does.
    private var sharesValues: Bool {
      root.hasPrefix("language.") && checkpoint.coverage.ignored.contains { ignored in
        checkpoint.reader.tensors.contains { $0.name == ignored.tensor && $0.dtype.isFloatingPoint && $0.shape.rank > 1 }
      }
    }

    private var multipliesByOneMore: Bool {
      if root.hasPrefix("language.") { return checkpoint.configuration.language?.unitOffsetNorm == true }
      return root.hasPrefix("projector") && checkpoint.configuration.projector?.unitOffsetNorm == true
    }

    private func has(_ parameter: String) -> Bool { checkpoint.parameters[parameter] != nil }

    private func parameters(_ prefix: String, where isMeant: (String) -> Bool) -> [String] {
      checkpoint.parameters.keys.filter { $0.hasPrefix(prefix) && isMeant($0) }.sorted()
    }

    private func width(_ parameter: String, _ axis: KeyPath<[Int], Int?>) -> Int? {
      checkpoint.parameters[parameter]?.shape.dimensions[keyPath: axis]
    }

    private func norm(_ name: String, _ readers: [String]) -> SmoothingPlace? {
      guard let width = width("\(name).weight", \.first), !readers.isEmpty,
        readers.allSatisfy({ self.width($0, \.last) == width }),
        !multipliesByOneMore
      else { return nil }
      return SmoothingPlace(
        name: name, writers: ["\(name).weight", "\(name).bias"].filter(has), readers: readers, channels: Array(0..<width), isNorm: true)
    }

    /// Where heads share their values, several of the reader's channels are one of the writer's.
    private func linear(_ writer: String, _ reader: String) -> SmoothingPlace? {
      guard let outputs = width("\(writer).weight", \.first), let inputs = width(reader, \.last), outputs > 0 else { return nil }
      var channels = Array(0..<inputs)
      if inputs != outputs {
        guard root.hasPrefix("language."), let language = checkpoint.configuration.language, language.headWidth > 0,
          inputs == language.heads * language.headWidth, outputs == language.keyValueHeads * language.headWidth,
          language.heads % language.keyValueHeads == 0
        else { return nil }
        let share = language.heads / language.keyValueHeads
        channels = channels.map { $0 / language.headWidth / share * language.headWidth + $0 % language.headWidth }
      }
      return SmoothingPlace(
        name: writer, writers: ["\(writer).weight", "\(writer).bias"].filter(has), readers: [reader], channels: channels, isNorm: false)
    }
  }
}
