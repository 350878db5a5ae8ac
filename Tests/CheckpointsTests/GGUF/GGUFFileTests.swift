import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

/// Files of gguf-py read as gguf-py reads them; see `make_gguf.py`. What is refused is in `BrokenFileTests`.
@Suite struct GGUFFileTests {
  struct Expected: Decodable {
    struct Kind: Decodable { let number: UInt32; let name: String; let elements: Int; let bytes: Int }
    struct Tensor: Decodable {
      let name: String; let type: String; let shape: [Int]; let bytes: Int; let offset: Int
    }
    struct Value: Decodable {
      let type: String
      let value: Scalar?
      let count: Int?
      let first: [Scalar]?
    }
    struct File: Decodable { let metadata: [String: Value]; let tensors: [Tensor] }
    let types: [Kind]
    let files: [String: File]
  }

  /// A value of JSON, with whole numbers of 64 bits.
  enum Scalar: Decodable {
    case boolean(Bool), unsigned(UInt64), signed(Int64), double(Double), text(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let value = try? container.decode(Bool.self) {
        self = .boolean(value)
      } else if let value = try? container.decode(UInt64.self) {
        self = .unsigned(value)
      } else if let value = try? container.decode(Int64.self) {
        self = .signed(value)
      } else if let value = try? container.decode(Double.self) {
        self = .double(value)
      } else {
        self = .text(try container.decode(String.self))
      }
    }

    func equals(_ value: GGUFValue) -> Bool {
      switch (self, value) {
      case (.boolean(let one), .boolean(let other)): one == other
      case (.unsigned(let one), .unsigned(let other)): one == other
      case (.unsigned(let one), .signed(let other)): other >= 0 && one == UInt64(other)
      case (.signed(let one), .signed(let other)): one == other
      case (.double(let one), .float(let other)): one == other
      case (.unsigned(let one), .float(let other)): Double(one) == other
      case (.text(let one), .text(let other)): one == other
      default: false
      }
    }
  }

  static let expected = try! JSONDecoder().decode(
    Expected.self, from: Data(contentsOf: Fixture.url("containers/gguf/expected.json")))
  static let names = expected.files.keys.sorted()

  @Test func typesAreThoseOfGGUFPy() {
    let own = GGMLType.all.map { "\($0.number) \($0.name) \($0.blockCount) \($0.blockByteCount)" }
    let theirs = Self.expected.types.map { "\($0.number) \($0.name) \($0.elements) \($0.bytes)" }
    #expect(Set(own) == Set(theirs))
    #expect(own.count == theirs.count)
  }

  @Test(arguments: names) func tensors(name: String) throws {
    let file = try GGUFFile(Fixture.url("containers/gguf/\(name)").path)
    let expected = try #require(Self.expected.files[name])
    #expect(file.tensors.map(\.name) == expected.tensors.map(\.name))
    let ranges = Dictionary(uniqueKeysWithValues: file.header.entries.map { ($0.name, $0.dataRange) })
    for (tensor, other) in zip(file.tensors, expected.tensors) {
      #expect(tensor.type == other.type, "\(tensor.name)")
      #expect(tensor.shape.dimensions == other.shape, "\(tensor.name)")
      #expect(tensor.byteCount == other.bytes, "\(tensor.name)")
      #expect(ranges[tensor.name]?.lowerBound == other.offset, "\(tensor.name)")
    }
    #expect(file.header.version == (name == "version2.gguf" ? 2 : 3))
  }

  @Test(arguments: names) func metadata(name: String) throws {
    let file = try GGUFFile(Fixture.url("containers/gguf/\(name)").path)
    let expected = try #require(Self.expected.files[name]).metadata
    let found = Dictionary(uniqueKeysWithValues: file.header.metadata.map { ($0.key, $0.value) })
    #expect(found.keys.sorted() == expected.keys.sorted())
    for (key, value) in expected {
      switch try #require(found[key]) {
      case .array(let count, let first):
        #expect(count == value.count, "\(key)")
        // Of numbers more are kept than the answers have.
        #expect(first.count >= value.first?.count ?? 0 && first.count <= count, "\(key)")
        #expect(zip(value.first ?? [], first).allSatisfy { $0.equals($1) }, "\(key)")
      case let single: #expect(value.value?.equals(single) == true, "\(key) is \(single)")
      }
    }
  }

  @Test func readsTheBytes() throws {
    let file = try GGUFFile(Fixture.url("containers/gguf/version3.gguf").path)
    let position = try #require(file.tensors.firstIndex { $0.name == "number.i32" })
    var numbers = [Int32](repeating: 0, count: 5)
    try numbers.withUnsafeMutableBytes { try file.read(position, 4..<24, into: $0) }
    #expect(numbers == [-2, -1, 0, 1, 2])
  }
}
