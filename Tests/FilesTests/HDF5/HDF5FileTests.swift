import Files
import Foundation
import Tensors
import TestSupport
import Testing

/// What `fixtures/oracle/make_containers.py` says the HDF5 files hold.
struct HDF5Expectations: Decodable {
  struct Dataset: Decodable {
    enum Storage: Decodable, Equatable {
      case named(String)
      case chunks([Int])

      init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let chunks = try? container.decode([Int].self) {
          self = .chunks(chunks)
        } else {
          self = .named(try container.decode(String.self))
        }
      }
    }
    let dtype: DType?
    let shape: [Int]
    let storage: Storage?
    let sha256: String?
    let sum: Double?
    let strings: [String]?
  }

  struct Attribute: Decodable {
    let integers: [Int]?
    let floats: [Double]?
    let strings: [String]?
    let shape: [Int]

    var value: HDF5Value {
      if let integers { return .integers(integers, Shape(shape)) }
      if let floats { return .floats(floats, Shape(shape)) }
      return .strings(strings ?? [], Shape(shape))
    }
  }

  let datasets: [String: Dataset]
  let attributes: [String: Attribute]

  static let all = try! JSONDecoder().decode(
    [String: HDF5Expectations].self, from: Data(contentsOf: Fixture.url("containers/hdf5.json")))
}

@Suite struct HDF5FileTests {
  static let names = HDF5Expectations.all.keys.sorted()

  private func open(_ name: String) throws -> (HDF5File, HDF5Expectations) {
    (try HDF5File(Fixture.url("containers/\(name)").path), try #require(HDF5Expectations.all[name]))
  }

  @Test(arguments: names) func findsEveryDataset(name: String) throws {
    let (file, expected) = try open(name)
    #expect(try file.datasets().map(\.path) == expected.datasets.keys.sorted())
  }

  @Test(arguments: names) func readsNumbersAsH5pyDoes(name: String) throws {
    let (file, expected) = try open(name)
    for (path, wanted) in expected.datasets where wanted.sha256 != nil {
      let dataset = try file.dataset(path)
      #expect(dataset.shape.dimensions == wanted.shape, "\(path)")
      #expect(try dataset.dtype == wanted.dtype, "\(path)")
      let storage: HDF5Expectations.Dataset.Storage =
        switch dataset.storage {
        case .compact: .named("compact")
        case .contiguous: .named("contiguous")
        case .chunked(let chunk): .chunks(chunk.dimensions)
        }
      #expect(storage == wanted.storage, "\(path)")
      let bytes = try dataset.bytes()
      #expect(bytes.withUnsafeBytes { SHA256.hash(of: $0) } == wanted.sha256, "\(path)")
      if let sum = wanted.sum {
        let doubles = try dataset.values(Double.self)
        #expect(abs(doubles.reduce(0, +) - sum) <= 1e-9 * max(1, abs(sum)), "\(path)")
      }
    }
  }

  @Test(arguments: ["/chunked/gzip", "/chunked/large", "/little/f4", "/big/i2", "/bfloat16", "/scalar"])
  func readsRangesOfRows(path: String) throws {
    let (file, _) = try open("types.h5")
    let dataset = try file.dataset(path)
    let all = try dataset.bytes()
    let width = all.count / dataset.rowCount
    for rows in [
      0..<1, 0..<dataset.rowCount, dataset.rowCount / 3..<dataset.rowCount - dataset.rowCount / 4, 0..<0,
    ] {
      var part = [UInt8](repeating: 0, count: rows.count * width)
      try part.withUnsafeMutableBytes { try dataset.readRows(rows, into: $0) }
      #expect(part == Array(all[rows.lowerBound * width..<rows.upperBound * width]))
      let whole = try dataset.values(Float.self)
      #expect(
        try dataset.values(Float.self, rows: rows)
          == Array(whole[rows.lowerBound * dataset.rowWidth..<rows.upperBound * dataset.rowWidth]))
    }
  }

  @Test(arguments: names) func readsStrings(name: String) throws {
    let (file, expected) = try open(name)
    for (path, wanted) in expected.datasets {
      guard let strings = wanted.strings else { continue }
      let dataset = try file.dataset(path)
      #expect(try dataset.strings() == strings, "\(path)")
      #expect(try dataset.strings(rows: 1..<2) == [strings[1]], "\(path)")
    }
  }

  @Test(arguments: names) func readsAttributes(name: String) throws {
    let (file, expected) = try open(name)
    for (label, wanted) in expected.attributes {
      let parts = label.split(separator: "@").map(String.init)
      let value =
        (try? file.group(parts[0]))?.attribute(orNil: parts[1])
        ?? (try? file.dataset(parts[0]))?.attribute(orNil: parts[1])
      #expect(value == wanted.value, "\(label)")
    }
  }

  @Test func joinsListsThatKerasSplits() throws {
    let (file, _) = try open("types.h5")
    #expect(try file.group("/chunked").stringList("layer_names") == ["dense", "conv2d", "norm"])
    #expect(try file.group("/little").stringList("list") == ["a", "bc", "def"])
    #expect(try file.root.stringList("layer_names") == nil)
    #expect(try file.root.attributeNames().contains("floats"))
  }

  @Test func walksByRelativeAndAbsolutePaths() throws {
    let (file, _) = try open("userblock.h5")
    let group = try file.group("/a/b")
    #expect(try group.dataset("c").path == "/a/b/c")
    #expect(try group.dataset("/growing").shape == [10])
    #expect(try file.root.names() == ["a", "growing", "many", "names"])
    #expect(file.root.contains("a/b/c") && !file.root.contains("a/x/c"))
    #expect(#expect(throws: VLMError.self) { try file.dataset("/a/b/d") }?.code == .hdf5NotFound)
    #expect(#expect(throws: VLMError.self) { try file.dataset("/a/b") }?.code == .hdf5ObjectKind)
    #expect(#expect(throws: VLMError.self) { try file.group("/growing") }?.code == .hdf5ObjectKind)
    #expect(#expect(throws: VLMError.self) { try file.group("/growing/x") }?.code == .hdf5ObjectKind)
  }

  /// A byte changed anywhere in the structure: read or refused. libhdf5 1.10 crashes on some of these when it is asked for the
  /// links of a group, or for attributes, by name.
  @Test(arguments: [UInt8(0), 0xFF]) func anyDamagedByteIsReadOrRefused(value: UInt8) throws {
    let bytes = try Data(contentsOf: Fixture.url("containers/superblock3.h5"))
    try Fixture.withTemporaryDirectory { directory in
      let path = directory.appending(path: "damaged.h5")
      for offset in stride(from: 8, to: bytes.count, by: 13) {
        var damaged = bytes
        damaged[offset] = value
        try damaged.write(to: path)
        do throws(VLMError) {
          for dataset in try HDF5File(path.path).datasets() { _ = try dataset.attributeNames() }
        } catch {
          #expect(error.file == path.path, "\(error)")
        }
      }
    }
  }

  @Test func refusesToReadMoreThanAsked() throws {
    let (file, _) = try open("types.h5")
    #expect(
      #expect(throws: VLMError.self) { try file.dataset("/strings/variable").strings(limit: 200) }?.code
        == .hdf5TooLarge)
    #expect(
      #expect(throws: VLMError.self) { try file.dataset("/chunked/large").bytes(limit: 1000) }?.code
        == .hdf5TooLarge)
  }

  @Test func canBeReadFromManyThreads() throws {
    let (file, expected) = try open("types.h5")
    let paths = expected.datasets.filter { $0.value.sha256 != nil }.keys.sorted()
    Parallel.forEach(paths.count * 4, threads: 4) { index in
      let path = paths[index % paths.count]
      let bytes = try? file.dataset(path).bytes()
      #expect(bytes?.withUnsafeBytes { SHA256.hash(of: $0) } == expected.datasets[path]?.sha256)
    }
  }
}

extension HDF5Object {
  fileprivate func attribute(orNil name: String) -> HDF5Value? { try? attribute(name) }
}
