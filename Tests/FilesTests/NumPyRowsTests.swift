import Files
import Foundation
import TestSupport
import Tensors
import Testing

/// fixtures/oracle/make_numpy.py has NumPy write the archives.
@Suite struct NumPyRowsTests {
  /// What is unpacked in passing is what is unpacked at once.
  @Test(arguments: ["numpy/stored.npz", "numpy/deflated.npz", "numpy/streamed.npz"])
  func rowsAreThoseOfTheWholeArray(name: String) throws {
    let archive = try ZipArchive(Fixture.url(name).path)
    for entry in archive.names where entry.hasSuffix(".npy") {
      guard case .array(let whole) = try NumPyFile(parsing: archive.read(entry), file: name),
        let first = whole.shape.first, first > 0, let numbers = whole.doubles
      else { continue }
      let rows = Array(Set([0, first / 2, first - 1])).sorted()
      let width = numbers.count / first
      guard let found = try? NumPyFile.rows(rows, of: entry, in: archive) else {
        #expect(whole.shape.count > 1, "only an array whose first index is fastest has no rows")
        continue
      }
      #expect(found.shape == [rows.count] + whole.shape.dropFirst())
      #expect(found.doubles == rows.flatMap { numbers[$0 * width..<($0 + 1) * width] })
      #expect(try NumPyFile.header(of: entry, in: archive).shape == whole.shape)
    }
  }

  @Test func piecesAreTheWholeAndEndWhenNoMoreIsWanted() throws {
    for name in ["numpy/stored.npz", "numpy/deflated.npz", "datasets/dsprites.npz"] {
      let archive = try ZipArchive(Fixture.url(name).path)
      for entry in archive.names {
        var bytes: [UInt8] = []
        try archive.unpack(entry) { (piece) throws(VLMError) in
          bytes += piece
          return true
        }
        #expect(try bytes == archive.read(entry))
        var pieces = 0
        try archive.unpack(entry) { (_) throws(VLMError) in
          pieces += 1
          return false
        }
        #expect(pieces == (bytes.isEmpty ? 0 : 1))
      }
    }
  }

  /// A byte of the data that is another is found at the end.
  @Test func aDamagedEntryIsRefused() throws {
    var bytes = Array(try Data(contentsOf: Fixture.url("datasets/dsprites.npz")))
    let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).npz").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    bytes[400] ^= 0x10
    try Data(bytes).write(to: URL(filePath: path))
    let archive = try ZipArchive(path)
    let error = #expect(throws: VLMError.self) { try NumPyFile.rows([0], of: "imgs.npy", in: archive) }
    #expect(error?.code == .zipDamaged && error?.tensor == "imgs.npy", "\(error as Any)")
  }
}
