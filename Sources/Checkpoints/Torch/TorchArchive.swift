internal import Files
internal import Tensors

/// The zip archive of `torch.save`: which of its entries is the pickle, and which the storages.
struct TorchArchive {
  let file: MappedFile
  private let archive: ZipArchive
  /// What all names begin with: `archive/`.
  private let root: String

  /// Longest pickle that is read, as of the header of safetensors.
  private static let longestPickle = SafetensorsHeader.maximumByteCount
  /// A file of torch before 1.6 begins with the pickle of this number.
  private static let legacyMagic: [UInt8] = [
    0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
  ]

  /// - Throws: `torch.legacy`, `torch.archive`, `torch.script`, `torch.byteOrder`, the errors of `ZipArchive` and of other kinds
  ///   of files.
  init(_ path: String) throws(VLMError) {
    file = try MappedFile(path)
    let head = try file.bytes(0..<min(file.byteCount, 64))
    if !head.starts(with: [0x50, 0x4b, 3, 4]) {
      if head.dropFirst(2).starts(with: Self.legacyMagic) {
        throw VLMError(
          .torchLegacy, "it was written in the way of torch before 1.6, a series of pickles", file: path,
          remedy: "where it is trusted: torch.save(torch.load(FILE, weights_only=True), FILE) with a newer torch")
      }
      if let kind = FileKind(file) { throw kind.error(path, wanted: "an archive of torch.save") }
    }
    archive = try ZipArchive(file)
    let pickles = archive.names.filter { $0.hasSuffix("/data.pkl") && $0.firstIndex(of: "/") == $0.lastIndex(of: "/") }
    guard pickles.count == 1 else {
      let kind = FileKind(file)
      if let kind, kind.code != .fileIsPickle { throw kind.error(path, wanted: "an archive of torch.save") }
      throw VLMError(
        .torchArchive, "\(pickles.isEmpty ? "none" : "\(pickles.count)") of its files is the data.pkl of torch.save",
        file: path, remedy: "give what torch.save(model.state_dict(), FILE) writes")
    }
    let root = String(pickles[0].dropLast("data.pkl".count))
    self.root = root
    if let script = archive.names.first(where: { $0 == root + "constants.pkl" || $0.hasPrefix(root + "code/") }) {
      throw VLMError(
        .torchScript, "this is a program of TorchScript, with code beside its weights", file: path, tensor: script,
        remedy: "where it is trusted: torch.save(torch.jit.load(FILE).state_dict(), OTHER)")
    }
    try checkByteOrder()
  }

  private func checkByteOrder() throws(VLMError) {
    let entry = root + "byteorder"
    guard archive.names.contains(entry) else { return }
    let place = try archive.place(of: entry)
    guard place.count <= 16, try file.bytes(place) == Array("little".utf8) else {
      throw VLMError(
        .torchByteOrder, "its numbers are not little-endian", file: file.path, tensor: entry, offset: place.lowerBound,
        remedy: "load it and save it again on a little-endian machine")
    }
  }

  /// What the pickle holds.
  func pickle() throws(VLMError) -> PickleMachine.Result {
    let entry = root + "data.pkl"
    let place = try archive.place(of: entry)
    guard place.count <= Self.longestPickle else {
      throw VLMError(
        .pickleTooLarge, "a pickle of \(place.count) bytes is not read", file: file.path, tensor: entry,
        offset: place.lowerBound, remedy: "save the weights alone: torch.save(model.state_dict(), FILE)")
    }
    return try PickleMachine.run(
      archive.read(entry, mayLackChecksum: true), base: place.lowerBound, names: TorchGlobal.self, file: file.path, place: entry)
  }

  /// Where the bytes of a storage stand in the file.
  ///
  /// - Parameters:
  ///   - tensor: one that looks at it, for messages.
  ///   - offset: where the pickle makes that.
  func storage(_ key: String, of tensor: String, at offset: Int) throws(VLMError) -> Range<Int> {
    let entry = "\(root)data/\(key)"
    guard archive.byteCount(of: entry) != nil else {
      throw VLMError(
        .torchStorage, "its storage, \(entry), is not in the archive", file: file.path, tensor: tensor, offset: offset,
        remedy: "the file is damaged or was written by faulty software; get it again")
    }
    return try archive.place(of: entry)
  }
}
