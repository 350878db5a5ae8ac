internal import Tensors

/// A file of another kind, known by its first bytes, that was given where safetensors was meant.
enum ForeignFile {
  case gitLFSPointer, webPage, pickle, gguf, hdf5

  init?(_ file: MappedFile) {
    let head = UnsafeRawBufferPointer(start: file.base, count: min(file.byteCount, 512))
    func starts(_ text: String) -> Bool { head.starts(with: text.utf8) }
    // After the length of a real header, '{' follows; a kind is only guessed where that is not so.
    let lower = String(decoding: head.prefix(64), as: UTF8.self).lowercased()
    if starts("version https://git-lfs.github.com/spec/") {
      self = .gitLFSPointer
    } else if starts("GGUF") {
      self = .gguf
    } else if head.starts(with: hdf5Signature) {
      self = .hdf5
    } else if lower.drop(while: \.isWhitespace).hasPrefix("<!doctype html")
      || lower.drop(while: \.isWhitespace).hasPrefix("<html")
    {
      self = .webPage
    } else if starts("PK\u{3}\u{4}") || head.starts(with: [0x80, 2]) || head.starts(with: [0x80, 4]) {
      self = .pickle
    } else {
      return nil
    }
  }

  /// - Parameter wanted: the container that was meant.
  func error(_ path: String, wanted: String = "safetensors") -> VLMError {
    switch self {
    case .gitLFSPointer:
      VLMError(
        .fileIsGitLFSPointer, "this is a git-lfs pointer, not the file it points to", file: path, offset: 0,
        remedy: "run `git lfs pull` in the repository")
    case .webPage:
      VLMError(
        .fileIsWebPage, "this is a web page, not a checkpoint", file: path, offset: 0,
        remedy: "the download got a log-in or error page; download the file itself")
    case .pickle:
      VLMError(
        .fileIsPickle, "this looks like a PyTorch pickle, which can run code and is never loaded", file: path,
        offset: 0, remedy: "save the model again with save_pretrained(safe_serialization=True)")
    case .gguf:
      VLMError(
        .fileIsGGUF, "this is a GGUF file, not \(wanted)", file: path, offset: 0,
        remedy: "give the original safetensors checkpoint")
    case .hdf5:
      VLMError(
        .fileIsHDF5, "this is an HDF5 file, not \(wanted)", file: path, offset: 0,
        remedy: "Keras weights are named *.weights.h5 or tf_model.h5")
    }
  }
}

/// The eight bytes every HDF5 file begins with, after a user block if it has one.
let hdf5Signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
