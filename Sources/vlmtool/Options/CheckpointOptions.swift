import ArgumentParser
import Mapping

/// The checkpoint a command works on.
struct CheckpointOptions: ParsableArguments {
  @Argument(
    help:
      "A directory, .safetensors, .weights.h5 or tf_model.h5, an index of one, or hf://org/name[@revision] in the local hub cache.",
    completion: .file())
  var checkpoint: String

  @Option(
    name: .long, help: "Add a family file (JSON5) to those compiled in.",
    completion: .file(extensions: ["json5"]))
  var familyFile: String?

  /// Opens it with every tensor accounted for.
  func open() throws -> MappedCheckpoint { try MappedCheckpoint.open(checkpoint, familyFile: familyFile) }
}
