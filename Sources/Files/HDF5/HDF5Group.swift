internal import CHDF5
package import Tensors

/// A group of an HDF5 file: named members and attributes.
package struct HDF5Group: Sendable, HDF5Object {
  package enum Kind: Sendable { case group, dataset, other }

  package struct Member: Sendable {
    package let name: String
    package let kind: Kind
    /// Where the object stands in the file; equal for two names of one object.
    package let address: UInt64
  }

  package let file: HDF5File
  /// Absolute, `/` for the root.
  package let path: String
  let handle: HDF5Handle

  /// What stands in this group, in order of name.
  ///
  /// - Throws: `hdf5.softLink`, `hdf5.externalLink`, `hdf5.userLink` when any member is not in the file itself.
  package func members() throws(VLMError) -> [Member] {
    try HDF5Library.locked { () throws(VLMError) in
      var members: [Member] = []
      for link in try links() {
        try checkHard(link.linkClass, name: link.name)
        members.append(try member(link.name))
      }
      return members
    }
  }

  /// What stands in this group itself, and the refusals of links that lead elsewhere, none of which is followed.
  package func contents() throws(VLMError) -> (members: [Member], refused: [VLMError]) {
    try HDF5Library.locked { () throws(VLMError) in
      var members: [Member] = []
      var refused: [VLMError] = []
      for link in try links() {
        do throws(VLMError) {
          try checkHard(link.linkClass, name: link.name)
        } catch {
          refused.append(error)
          continue
        }
        members.append(try member(link.name))
      }
      return (members, refused)
    }
  }

  /// Names and classes of all links, in order of name; call it under the lock.
  private func links() throws(VLMError) -> [(name: String, linkClass: Int32)] {
    final class Found { var links: [(name: String, linkClass: Int32)] = [] }
    let found = Found()
    let status = withExtendedLifetime(found) {
      chdf5_visit_links(
        handle.id,
        { name, linkClass, context in
          let found = Unmanaged<Found>.fromOpaque(context!).takeUnretainedValue()
          found.links.append((String(cString: name!), linkClass))
          return 0
        }, Unmanaged.passUnretained(found).toOpaque())
    }
    guard status >= 0 else { throw HDF5Library.failure("cannot be listed", file: file.path, object: path) }
    return found.links.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// What the hard link `name` leads to; call it under the lock.
  private func member(_ name: String) throws(VLMError) -> Member {
    var address: UInt64 = 0
    let kind = chdf5_object_kind(handle.id, name, &address)
    guard kind >= 0 else {
      throw HDF5Library.failure("cannot be read", file: file.path, object: childPath(name))
    }
    return Member(name: name, kind: Self.kind(kind), address: address)
  }

  package func names() throws(VLMError) -> [String] { try members().map(\.name) }

  /// Whether something stands at `path`, relative to this group, reached by hard links only.
  package func contains(_ path: String) -> Bool {
    (try? find(path)) != nil
  }

  /// What stands at `path`, relative to this group or absolute; `nil` when nothing does.
  ///
  /// - Throws: as `members()` for a link on the way that leads out of the file.
  package func kind(of path: String) throws(VLMError) -> Kind? {
    do throws(VLMError) {
      return try find(path).kind
    } catch {
      if error.code == .hdf5NotFound || error.code == .hdf5ObjectKind { return nil }
      throw error
    }
  }

  /// The group at `path`, relative to this one or absolute.
  package func group(_ path: String) throws(VLMError) -> HDF5Group {
    let found = try find(path)
    guard found.kind == .group else { throw mismatch(found.path, "a group") }
    return HDF5Group(file: file, path: found.path, handle: found.handle)
  }

  /// The data set at `path`, relative to this group or absolute.
  package func dataset(_ path: String) throws(VLMError) -> HDF5Dataset {
    let found = try find(path)
    guard found.kind == .dataset else { throw mismatch(found.path, "a data set") }
    return try HDF5Dataset(file: file, path: found.path, handle: found.handle)
  }

  package func childPath(_ name: String) -> String { path == "/" ? "/" + name : path + "/" + name }

  /// Goes to `path` link by link, so that none leads out of the file.
  func find(_ path: String) throws(VLMError) -> (handle: HDF5Handle, kind: Kind, path: String) {
    var group = path.hasPrefix("/") ? file.root : self
    var found: (handle: HDF5Handle, kind: Kind, path: String) = (group.handle, .group, group.path)
    for name in path.split(separator: "/").map(String.init) where name != "." {
      guard found.kind == .group else { throw mismatch(found.path, "a group") }
      group = HDF5Group(file: file, path: found.path, handle: found.handle)
      found = try group.child(name)
    }
    return found
  }

  private func child(_ name: String) throws(VLMError) -> (handle: HDF5Handle, kind: Kind, path: String) {
    try HDF5Library.locked { () throws(VLMError) in
      let linkClass = chdf5_link_class(handle.id, name)
      guard linkClass >= 0 else {
        throw VLMError(.hdf5NotFound, "there is no such object", file: file.path, tensor: childPath(name))
      }
      try checkHard(linkClass, name: name)
      let object = try HDF5Handle(
        H5Oopen(handle.id, name, chdf5_p_default()), "cannot be read", file: file.path,
        object: childPath(name))
      let kind: Kind =
        switch H5Iget_type(object.id) {
        case H5I_GROUP: .group
        case H5I_DATASET: .dataset
        default: .other
        }
      return (object, kind, childPath(name))
    }
  }

  private func checkHard(_ linkClass: Int32, name: String) throws(VLMError) {
    let refusal: (VLMError.Code, String)
    switch linkClass {
    case H5L_TYPE_HARD.rawValue: return
    case H5L_TYPE_SOFT.rawValue: refusal = (.hdf5SoftLink, "this is a soft link")
    case H5L_TYPE_EXTERNAL.rawValue: refusal = (.hdf5ExternalLink, "this is a link to another file")
    default: refusal = (.hdf5UserLink, "this is a link of a user-defined kind")
    }
    throw VLMError(
      refusal.0, refusal.1, file: file.path, tensor: childPath(name),
      remedy:
        "links are not followed; copy what they point to into the file, for example with h5repack or h5py")
  }

  private func mismatch(_ path: String, _ wanted: String) -> VLMError {
    VLMError(.hdf5ObjectKind, "this is not \(wanted)", file: file.path, tensor: path)
  }

  private static func kind(_ raw: Int32) -> Kind {
    raw == Int32(CHDF5_GROUP) ? .group : raw == Int32(CHDF5_DATASET) ? .dataset : .other
  }
}

extension HDF5Group {
  /// What can be said of a data set that cannot be read: its shape and the class of its elements.
  package func sketch(ofDataset name: String) throws(VLMError)
    -> (shape: Shape, elementClass: String, elementByteCount: Int)
  {
    let found = try find(name)
    return try HDF5Library.locked { () throws(VLMError) in
      let type = try HDF5Handle(
        H5Dget_type(found.handle.id), "cannot be read", file: file.path, object: found.path)
      let space = try HDF5Handle(
        H5Dget_space(found.handle.id), "cannot be read", file: file.path, object: found.path)
      return (
        try hdf5Shape(of: space, file: file.path, object: found.path), HDF5Type.className(type.id),
        H5Tget_size(type.id)
      )
    }
  }
}
