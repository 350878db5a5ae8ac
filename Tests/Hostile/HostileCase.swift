import Foundation
import Tensors
import TestSupport

/// One broken input: which one follows from the reader, the seed and the number alone.
struct HostileCase {
  let reader: HostileReader
  let seed: UInt64
  let number: Int

  /// Writes the input below `directory`, with the good files beside it, and returns the path to read.
  func make(in directory: URL) throws -> String {
    var random = SeededGenerator(seed: seed, purpose: "\(reader.name) \(number)")
    let base = reader.bases[random.index(below: reader.bases.count)]
    let files = FileManager.default
    let place = directory.appending(path: "input")
    try? files.removeItem(at: place)
    if let folder = base.folder {
      try files.copyItem(at: Fixture.url(folder), to: place)
    } else {
      try files.createDirectory(at: place, withIntermediateDirectories: true)
    }
    var bytes = [UInt8](try Data(contentsOf: Fixture.url(base.source)))
    reader.mutate(&bytes, &random)
    let file = place.appending(path: base.name)
    try? files.removeItem(at: file)
    try Data(bytes).write(to: file)
    return base.folder == nil ? file.path : place.path
  }
}
