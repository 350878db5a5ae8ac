internal import CHDF5
package import Tensors

/// An HDF5 file open for reading.
///
/// Only what stands in the file itself is read: links of every kind but hard ones, external storage, virtual data
/// sets and filter plug-ins are refused. Safe to use from any thread; libhdf5 runs one call at a time.
package final class HDF5File: Sendable {
  package let path: String
  package let byteCount: Int
  let handle: HDF5Handle

  /// - Throws: `checkpoints.file` errors, `hdf5.signature`, `hdf5.truncated`, `hdf5.damaged`.
  package init(_ path: String) throws(VLMError) {
    let mapped = try MappedFile(path)
    byteCount = mapped.byteCount
    guard Self.hasSignature(mapped) else {
      if let foreign = FileKind(mapped) { throw foreign.error(path, wanted: "HDF5") }
      throw VLMError(
        .hdf5Signature, "this is not an HDF5 file", file: path, offset: 0,
        remedy: "check the path, or get it again")
    }
    handle = try HDF5Library.locked { () throws(VLMError) in
      let access = try HDF5Handle(chdf5_file_access(), "cannot set up reading", file: path)
      return try HDF5Handle(
        H5Fopen(path, chdf5_read_only(), access.id), "cannot be opened as HDF5", file: path)
    }
    self.path = path
  }

  /// The signature stands at 0, or behind a user block at 512, 1024, 2048, …
  private static func hasSignature(_ file: MappedFile) -> Bool {
    var offset = 0
    while offset <= file.byteCount - hdf5Signature.count {
      let bytes = UnsafeRawBufferPointer(start: file.base + offset, count: hdf5Signature.count)
      if bytes.elementsEqual(hdf5Signature) { return true }
      offset = offset == 0 ? 512 : offset * 2
    }
    return false
  }

  package var root: HDF5Group { HDF5Group(file: self, path: "/", handle: handle) }

  /// The group at an absolute path, such as `/data/demo_0/obs`.
  package func group(_ path: String) throws(VLMError) -> HDF5Group { try root.group(path) }

  /// The data set at an absolute path.
  package func dataset(_ path: String) throws(VLMError) -> HDF5Dataset { try root.dataset(path) }

  package func rootAddress() throws(VLMError) -> UInt64 {
    try HDF5Library.locked { () throws(VLMError) in
      var address: UInt64 = 0
      guard chdf5_object_kind(handle.id, "/", &address) >= 0 else {
        throw HDF5Library.failure("cannot be read", file: path, object: "/")
      }
      return address
    }
  }

  /// All data sets, in order of path; walks the whole tree and so finds any link that is refused.
  package func datasets() throws(VLMError) -> [HDF5Dataset] {
    var found: [HDF5Dataset] = []
    // A group that contains itself would never end; each is entered once.
    var entered: Set<UInt64> = [try rootAddress()]
    var pending = [root]
    while let group = pending.popLast() {
      for member in try group.members().reversed() {
        switch member.kind {
        case .group:
          guard entered.insert(member.address).inserted else {
            throw VLMError(
              .hdf5Cycle, "two links lead to this group", file: path, tensor: group.childPath(member.name),
              remedy: "a walk through the file might never end; write it without such links")
          }
          pending.append(try group.group(member.name))
        case .dataset: found.append(try group.dataset(member.name))
        case .other: break
        }
      }
    }
    return found.sorted { $0.path < $1.path }
  }
}
