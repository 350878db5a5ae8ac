import ArgumentParser
import Mapping

/// The checkpoint a command works on.
struct CheckpointOptions: ParsableArguments {
  @Argument(
    help:
      "A directory, .safetensors, .weights.h5, tf_model.h5, PyTorch (.bin, .pt, .pth, .ckpt) or GGUF file, an index of one, or hf://org/name[@revision][:GGUF].",
    completion: .file())
  var checkpoint: String

  @OptionGroup var reading: ReadingOptions

  /// Opens it, with every tensor accounted for unless its faults are to be looked at.
  func open(requiringExactCoverage: Bool = true) throws -> MappedCheckpoint {
    try reading.open(checkpoint, requiringExactCoverage: requiringExactCoverage)
  }
}
