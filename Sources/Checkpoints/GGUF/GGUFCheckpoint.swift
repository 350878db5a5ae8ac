internal import Files
internal import Foundation
internal import Tensors

/// A model of llama.cpp: a text model in one GGUF file, and its image encoder with the projector in another beside it, whose name
/// has `mmproj` in it.
///
/// Tensors have the names of the files. Blocks of few bits are listed as their bytes, `U8 [..., row bytes]`; `decoded` has them as
/// floats. What `config.json` says elsewhere, the metadata say here: `settings`.
struct GGUFCheckpoint: ResidentReader {
  let tensors: [TensorDescriptor]
  let notices: [Notice]
  let files: [String]
  /// The metadata of the text model, nested at the dots of their keys, with `clip` of the other file.
  let settings: JSONValue?
  let standIns: (any StandIns)?
  private let entries: [String: (file: Int, entry: GGUFHeader.Entry)]
  private let mapped: [MappedFile]

  /// The key under which this tool's own files list what was widened to F32, and what of: see `GGUFWriter`.
  static let widenedKey = "vlmtool.widened"

  /// - Throws: besides the header's errors `checkpoints.gguf.split` for a part of a model, `checkpoints.gguf.projectors` when several
  ///   image encoders lie beside it.
  init(_ path: String) throws(VLMError) {
    var files = [try GGUFFile(path)]
    var notices: [Notice] = []
    if files[0].architecture != "clip", let projector = try Self.projector(beside: path) {
      files.append(try GGUFFile(projector))
      notices.append(
        Notice(.note, "the image encoder is read from \(projector.lastPathPart) beside it", file: path))
    }
    var entries: [String: (file: Int, entry: GGUFHeader.Entry)] = [:]
    var members: [String: JSONValue] = [:]
    for (number, file) in files.enumerated() {
      if let parts = file.header.value("split.count")?.json.intValue, parts > 1 {
        throw VLMError(
          .ggufSplit, "this is one of \(parts) parts of a model", file: file.path,
          remedy: "join them with llama.cpp's `llama-gguf-split --merge`, and give the whole")
      }
      for entry in file.header.entries {
        guard entries.updateValue((number, entry), forKey: entry.name) == nil else {
          throw VLMError(
            .ggufDuplicateName, "\(files[0].path.lastPathPart) holds this tensor too", file: file.path,
            tensor: entry.name,
            remedy: "put the two files that belong together into a folder of their own")
        }
      }
      let own = file.header.nested.objectValue ?? [:]
      if number == 0 { members = own } else { members["clip"] = own["clip"] }
    }
    self.entries = entries
    self.files = files.map(\.path)
    if let kind = GGUFVocabulary.unread(files[0]) {
      notices.append(
        Notice(
          .note, "the tokenizer in the metadata (\(kind)) is of a kind that is not read", file: path,
          remedy: "put the model's own tokenizer.json beside the file"))
    }
    self.notices = notices
    standIns = GGUFStandIns(files[0], projector: members["clip"])
    settings = .object(members)
    mapped = files.map(\.mapped)
    tensors = entries.values.map { $0.entry.descriptor }.sorted { $0.name < $1.name }
  }

  /// The file with the image encoder in the folder of `path`.
  private static func projector(beside path: String) throws(VLMError) -> String? {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? [])
      .sorted()
    let found = names.filter { isProjector($0) && $0 != path.lastPathPart }
    guard found.count <= 1 else {
      throw VLMError(
        .ggufProjectors,
        "\(found.count) image encoders lie beside it: \(found.prefix(4).joined(separator: ", "))", file: path,
        remedy: "put the one that it is to be used with into a folder with it alone")
    }
    return found.first.map { folder + $0 }
  }

  /// Whether a file is called as those with an image encoder are.
  static func isProjector(_ name: String) -> Bool {
    GGUFName(name)?.isProjector == true
  }

  /// The same with everything as floats: blocks dequantized, and BF16 and F16 again where this tool widened them to F32.
  ///
  /// - Throws: `checkpoints.gguf.blocks` for blocks that are not read.
  func decoded() throws(VLMError) -> any CheckpointReader {
    var weights: [QuantizedTensor] = []
    let widened = settings?.at(Self.widenedKey)?.objectValue ?? [:]
    for (dtype, names) in widened.sorted(by: { $0.key < $1.key }) {
      guard let dtype = DType(rawValue: dtype.uppercased()), [.bf16, .f16].contains(dtype) else {
        throw VLMError(.ggufValueType, "\(Self.widenedKey).\(dtype) is of no float type", file: files[0])
      }
      for name in names.arrayValue?.compactMap(\.stringValue) ?? [] {
        guard let entry = entries[name]?.entry, entry.type.dtype == .f32 else { continue }
        weights.append(
          QuantizedTensor(
            descriptor: TensorDescriptor(name: name, dtype: dtype, shape: entry.shape),
            weight: WidenedFloats(tensor: name, dtype: dtype)))
      }
    }
    for tensor in tensors {
      let (number, entry) = entries[tensor.name]!
      guard entry.type.dtype == nil else { continue }
      guard let blocks = GGMLBlocks(entry) else {
        throw VLMError(
          .ggufBlocks, "\(entry.type.name) is not read; \(GGMLBlocks.known.joined(separator: ", ")) are",
          file: files[number],
          tensor: tensor.name, remedy: "take a file of the model in one of these types")
      }
      weights.append(
        QuantizedTensor(
          descriptor: TensorDescriptor(name: tensor.name, dtype: .f32, shape: entry.shape), weight: blocks))
    }
    return weights.isEmpty ? self : QuantizedReader(self, "GGUF", weights)
  }

  private func entry(_ name: String) -> (file: Int, entry: GGUFHeader.Entry) {
    guard let entry = entries[name] else { preconditionFailure("no tensor \(name)") }
    return entry
  }

  func file(of name: String) -> String { files[entry(name).file] }

  func withBytes<R>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    let (file, entry) = entry(name)
    return try mapped[file].withBytes(entry.dataRange, body)
  }

  func resident(_ name: String) throws(VLMError) -> ResidentBytes {
    let (file, entry) = entry(name)
    return try mapped[file].resident(entry.dataRange)
  }

  func readBytes(
    of name: String, _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) {
    let (file, entry) = entry(name)
    precondition(range.lowerBound >= 0 && range.upperBound <= entry.dataRange.count, "range outside \(name)")
    let start = entry.dataRange.lowerBound + range.lowerBound
    try mapped[file].read(start..<start + range.count, into: destination)
  }
}

extension GGUFHeader {
  func value(_ key: String) -> GGUFValue? { metadata.first { $0.key == key }?.value }

  /// The metadata as one object, nested at the dots of their keys; where a key goes on below another's value, it is left out.
  var nested: JSONValue {
    var members: [String: JSONValue] = [:]
    for (key, value) in metadata {
      Self.insert(
        value.json, at: key.split(separator: ".", omittingEmptySubsequences: false)[...], into: &members)
    }
    return .object(members)
  }

  private static func insert(
    _ value: JSONValue, at path: ArraySlice<Substring>, into members: inout [String: JSONValue]
  ) {
    guard let first = path.first else { return }
    let key = String(first)
    guard path.count > 1 else {
      if members[key] == nil { members[key] = value }
      return
    }
    guard path.count <= 16, case .object(var inner) = members.removeValue(forKey: key) ?? .object([:]) else {
      return
    }
    insert(value, at: path.dropFirst(), into: &inner)
    members[key] = .object(inner)
  }
}

extension GGUFHeader.Entry {
  /// Plain numbers as they are; blocks as bytes, whole rows of them.
  fileprivate var descriptor: TensorDescriptor {
    if let dtype = type.dtype { return TensorDescriptor(name: name, dtype: dtype, shape: shape) }
    var extents = shape.dimensions
    extents[extents.count - 1] = extents[extents.count - 1] / type.blockCount * type.blockByteCount
    return TensorDescriptor(name: name, dtype: .u8, shape: Shape(extents))
  }
}
