package import Tensors

/// What a file is that is no safetensors, told by its first bytes, and by its name where many kinds begin alike.
///
/// Only looked at: pickles are never loaded, archives never unpacked here.
package struct FileKind: Sendable {
  package let code: VLMError.Code
  /// With its article: `a PNG picture`.
  package let name: String
  /// What somebody who has such a file can do.
  package let remedy: String

  private init(_ code: VLMError.Code, _ name: String, _ remedy: String) {
    self.code = code
    self.name = name
    self.remedy = remedy
  }

  /// The kind of a file by what it begins with; `nil` when that says nothing.
  package init?(_ file: MappedFile) {
    self.init(
      head: UnsafeRawBufferPointer(start: file.base, count: min(file.byteCount, 512)), path: file.path)
  }

  /// The kind of the file at `path`; `nil` when it cannot be read, or its bytes say nothing.
  package init?(at path: String) {
    guard let file = try? MappedFile(path) else { return nil }
    defer { withExtendedLifetime(file) {} }
    self.init(file)
  }

  /// The kind of a file that should have been a list in JSON; `nil` for any JSON.
  package init?(insteadOfJSON file: MappedFile) {
    let bytes = UnsafeRawBufferPointer(start: file.base, count: min(file.byteCount, 64))
    let first = bytes.first { ![0x20, 0x0a, 0x0d, 0x09].contains($0) }
    guard first != UInt8(ascii: "{"), first != UInt8(ascii: "[") else { return nil }
    self.init(file)
  }

  package init?(head: UnsafeRawBufferPointer, path: String) {
    // What begins as safetensors does, with the length of a header and its '{', is none of these.
    if head.count > 8, head[4..<8].allSatisfy({ $0 == 0 }), head[8] == UInt8(ascii: "{") { return nil }
    let name = path.lastPathPart.lowercased()
    let found =
      Self.text(head) ?? Self.archive(head, name) ?? Self.signatures.first { $0.matches(head) }?.kind
      ?? Self.serialized(head, name)
    guard let found else { return nil }
    self = found
  }

  /// - Parameter wanted: what was meant.
  package func error(_ path: String, wanted: String = "safetensors") -> VLMError {
    VLMError(code, "this is \(name), not \(wanted)", file: path, remedy: remedy)
  }
}

extension FileKind {
  package static let pickleRemedy = "save the model again with save_pretrained(safe_serialization=True)"

  package static let pickle = FileKind(
    .fileIsPickle, "a PyTorch pickle, which can run code and is never loaded", pickleRemedy)
  package static let torchArchive = FileKind(
    .fileIsPickle, "an archive of PyTorch",
    "name it *.bin, *.pt, *.pth or *.ckpt, and it is read without running its pickle")
  /// What the names of archives of PyTorch end in.
  package static let torchSuffixes = [".bin", ".pt", ".pth", ".ckpt"]

  package static let gguf = FileKind(
    .fileIsGGUF, "a GGUF file", "give it a name that ends in .gguf")
  package static let keras = FileKind(
    .fileIsKerasArchive, "a zip archive of Keras, whose layers could bring code along",
    "take config.json and model.weights.h5 out of it (unzip), and give their directory")
  private static let gitLFSPointer = FileKind(
    .fileIsGitLFSPointer, "a git-lfs pointer, the place of a file and not the file",
    "run `git lfs pull` in the repository")
  private static let webPage = FileKind(
    .fileIsWebPage, "a web page", "the download got a log-in or error page; download the file itself")
  private static let hdf5 = FileKind(
    .fileIsHDF5, "an HDF5 file", "name it *.h5; Keras weights are named *.weights.h5 or tf_model.h5")

  private static func foreign(_ name: String, _ remedy: String = "give a checkpoint's directory or file")
    -> FileKind
  {
    FileKind(.fileIsForeign, name, remedy)
  }

  private static func text(_ head: UnsafeRawBufferPointer) -> FileKind? {
    if head.starts(with: "version https://git-lfs.github.com/spec/".utf8) { return gitLFSPointer }
    let lower = String(decoding: head.prefix(64), as: UTF8.self).lowercased().drop(while: \.isWhitespace)
    if lower.hasPrefix("<!doctype html") || lower.hasPrefix("<html") { return webPage }
    if lower.hasPrefix("<?xml") { return foreign("an XML file") }
    guard let first = lower.utf8.first, first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
      return nil
    }
    return foreign("a JSON file", "give the checkpoint's directory, or its *.safetensors")
  }

  /// What a zip archive holds, by the name of its first entry.
  private static func archive(_ head: UnsafeRawBufferPointer, _ name: String) -> FileKind? {
    guard head.starts(with: [0x50, 0x4b, 3, 4]) else { return nil }
    var first = ""
    if head.count >= 30 {
      let length = Int(head[26]) | Int(head[27]) << 8
      first = String(decoding: head.dropFirst(30).prefix(length), as: UTF8.self)
    }
    if name.hasSuffix(".keras") || first.hasSuffix("model.weights.h5") { return keras }
    if first.hasSuffix(".npy") || name.hasSuffix(".npz") {
      return weights(".npz")
    }
    let isPlain = !first.isEmpty && !first.contains("/")
    return isPlain ? foreign("a zip archive", "unpack it, and give the checkpoint in it") : torchArchive
  }

  /// Serializations without a signature: the first fields that every file of them has.
  private static func serialized(_ head: UnsafeRawBufferPointer, _ name: String) -> FileKind? {
    func byte(_ index: Int) -> UInt8 { index < head.count ? head[index] : 0 }
    let isLetter = { (byte: UInt8) in (0x61...0x7a).contains(byte | 0x20) || byte == UInt8(ascii: "_") }
    if byte(0) == 0x80, (2...5).contains(byte(1)) { return pickle }
    // Protocol buffers: field 1, the version of the format, then field 2, the producer's name (or field 7, the graph).
    if byte(0) == 0x08, (1...32).contains(byte(1)), byte(2) == 0x3a || byte(2) == 0x12 && isLetter(byte(4)) {
      return weights(".onnx")
    }
    // A map whose first key is a text: what flax.serialization writes.
    let isMap = (0x81...0x8f).contains(byte(0)) || byte(0) == 0xde || byte(0) == 0xdf
    let key = byte(0) == 0xde ? 3 : byte(0) == 0xdf ? 5 : 1
    if isMap,
      (0xa1...0xbf).contains(byte(key)) && isLetter(byte(key + 1))
        || byte(key) == 0xd9 && isLetter(byte(key + 2))
    {
      return weights(".msgpack")
    }
    let endings =
      [
        (".pt", pickle), (".pth", pickle), (".ckpt", pickle), (".pkl", pickle),
        (".tfrecord", foreign("a TFRecord file of a data set")), (".pb", foreign("a TensorFlow graph")),
      ] + foreignWeights.map { ($0.suffix, foreign($0.name, $0.remedy)) }
    return endings.first { name.hasSuffix($0.0) }?.1
  }

  /// Weights in other libraries' files, by what their names end in.
  package static let foreignWeights: [(suffix: String, name: String, remedy: String)] = [
    (".onnx", "an ONNX model", "give the checkpoint that it was exported from"),
    (
      ".msgpack", "a msgpack file, as Flax writes weights",
      "load it with from_flax=True where it is trusted, and save it with save_pretrained"
    ),
    (".data-00000-of-00001", "a TensorFlow checkpoint", "save the model again as safetensors"),
    (".tflite", "a TensorFlow Lite model", "give the checkpoint that it was made from"),
    (".npz", "an archive of NumPy arrays (.npz)", "write the arrays with safetensors.numpy.save_file"),
  ]

  private static func weights(_ suffix: String) -> FileKind {
    let entry = foreignWeights.first { $0.suffix == suffix }!
    return foreign(entry.name, entry.remedy)
  }

  private struct Signature: Sendable {
    let offset: Int
    let bytes: [UInt8]
    let kind: FileKind

    init(_ text: String, at offset: Int = 0, _ kind: FileKind) {
      self.init([UInt8](text.utf8), at: offset, kind)
    }

    init(_ bytes: [UInt8], at offset: Int = 0, _ kind: FileKind) {
      (self.offset, self.bytes, self.kind) = (offset, bytes, kind)
    }

    func matches(_ head: UnsafeRawBufferPointer) -> Bool { head.dropFirst(offset).starts(with: bytes) }
  }

  private static let video = foreign("a video")
  private static let packed = "unpack it, and give what is in it"

  private static let signatures: [Signature] = [
    Signature("GGUF", gguf), Signature(hdf5Signature, hdf5),
    Signature("tjgg", foreign("a GGML file from before GGUF", "give the original checkpoint")),
    Signature("lmgg", foreign("a GGML file from before GGUF", "give the original checkpoint")),
    Signature("TFL3", at: 4, weights(".tflite")),
    Signature(
      [0x93] + "NUMPY".utf8, foreign("a NumPy array (.npy)", "write it with safetensors.numpy.save_file")),
    Signature("PAR1", foreign("a Parquet table")), Signature("ARROW1", foreign("an Arrow table")),
    Signature("SQLite format 3\0", foreign("an SQLite database")),
    Signature([0x89] + "PNG\r\n".utf8, foreign("a PNG picture")),
    Signature([0xff, 0xd8, 0xff], foreign("a JPEG picture")), Signature("GIF8", foreign("a GIF picture")),
    Signature("WEBP", at: 8, foreign("a WebP picture")), Signature("II*\0", foreign("a TIFF picture")),
    Signature("MM\0*", foreign("a TIFF picture")), Signature("ftyp", at: 4, video),
    Signature([0x1a, 0x45, 0xdf, 0xa3], video), Signature("AVI ", at: 8, video),
    Signature("%PDF", foreign("a PDF document")), Signature([0x1f, 0x8b], foreign("a gzip file", packed)),
    Signature([0x28, 0xb5, 0x2f, 0xfd], foreign("a Zstandard file", packed)),
    Signature("BZh", foreign("a bzip2 file", packed)),
    Signature([0xfd] + "7zXZ\0".utf8, foreign("an xz file", packed)),
    Signature("ustar", at: 257, foreign("a tar archive", packed)),
    Signature([0x7f] + "ELF".utf8, foreign("a program")),
  ]
}

/// The eight bytes every HDF5 file begins with, after a user block if it has one.
package let hdf5Signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
