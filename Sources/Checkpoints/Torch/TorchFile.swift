internal import Files
package import Tensors

/// One file of `torch.save` since torch 1.6: a zip archive of a pickle, which is read and never run, and the storages.
///
///     archive/data.pkl       names, shapes, strides, dtypes
///     archive/byteorder      little
///     archive/data/0         the bytes of a storage, mapped as they are
package final class TorchFile: WeightFile {
  package let path: String
  package let tensors: [TensorDescriptor]
  package let notices: [Notice]
  package var container: String { "PyTorch" }
  package var metadata: [String: String] { [:] }
  private let file: MappedFile
  private let views: [String: TorchView]

  /// Opens and validates; of the storages no byte is read.
  ///
  /// - Throws: any `zip`, `pickle` or `torch` error of `formats/containers/torch.md`.
  package init(_ path: String) throws(VLMError) {
    let archive = try TorchArchive(path)
    let stateDict = try TorchStateDict(archive.pickle(), file: path)
    var views: [String: TorchView] = Dictionary(minimumCapacity: stateDict.tensors.count)
    var storages: [String: Range<Int>] = [:]
    for (name, tensor) in stateDict.tensors {
      let key = tensor.storage.key
      if storages[key] == nil { storages[key] = try archive.storage(key, of: name, at: tensor.offset) }
      views[name] = try TorchView(tensor, name: name, storage: storages[key]!, file: path)
    }
    self.path = path
    file = archive.file
    self.views = views
    notices = stateDict.notices
    tensors = views.values.map(\.descriptor).sorted { $0.name < $1.name }
  }

  private func view(_ name: String) -> TorchView {
    guard let view = views[name] else { preconditionFailure("\(path) has no tensor \(name)") }
    return view
  }

  package func file(of name: String) -> String { path }

  package func contains(_ name: String) -> Bool { views[name] != nil }

  /// Lends the bytes of a tensor: from the mapping where they stand as they are read, gathered otherwise.
  package func withBytes<R>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    let view = view(name)
    if view.isContiguous { return try file.withBytes(view.range, body) }
    let gathered = try gathered(view)
    return try withExtendedLifetime(gathered) { try body(UnsafeRawBufferPointer(gathered.bytes)) }
  }

  package func resident(_ name: String) throws(VLMError) -> ResidentBytes {
    let view = view(name)
    if view.isContiguous { return try file.resident(view.range) }
    let gathered = try gathered(view)
    return ResidentBytes(UnsafeRawBufferPointer(gathered.bytes), owner: gathered)
  }

  package func readBytes(
    of name: String, _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) {
    let view = view(name)
    precondition(range.lowerBound >= 0 && range.upperBound <= view.descriptor.byteCount, "range outside \(name)")
    if range.isEmpty { return }
    if view.isContiguous {
      let start = view.range.lowerBound + range.lowerBound
      return try file.read(start..<start + range.count, into: destination)
    }
    let width = view.descriptor.dtype.bits / 8
    let elements = range.lowerBound / width..<(range.upperBound - 1) / width + 1
    if elements.count * width == range.count { return try gather(elements, of: view, into: destination) }
    // Only whole elements can be gathered.
    let whole = UnsafeMutableRawBufferPointer.allocate(byteCount: elements.count * width, alignment: 64)
    defer { whole.deallocate() }
    try gather(elements, of: view, into: whole)
    let start = range.lowerBound - elements.lowerBound * width
    destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: whole[start..<start + range.count]))
  }

  private func gather(
    _ elements: Range<Int>, of view: TorchView, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) {
    let mapped = try file.resident(view.range)
    withExtendedLifetime(mapped) { view.gather(elements, from: mapped.bytes, into: destination) }
  }

  private func gathered(_ view: TorchView) throws(VLMError) -> Gathered {
    let gathered = Gathered(byteCount: view.descriptor.byteCount)
    try gather(0..<view.descriptor.shape.count, of: view, into: gathered.bytes)
    return gathered
  }

  /// The elements of a view in the order in which they are read.
  fileprivate final class Gathered {
    let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: Int) { bytes = .allocate(byteCount: byteCount, alignment: 64) }

    deinit { bytes.deallocate() }
  }
}

// Nobody writes the bytes once they are gathered.
extension TorchFile.Gathered: @unchecked Sendable {}
