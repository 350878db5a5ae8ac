import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

/// Files of torch.save read as torch.load reads them; see `make_torch.py`. What is refused is in `BrokenFileTests`.
@Suite struct TorchFileTests {
  struct Expected: Decodable {
    struct Tensor: Decodable { let dtype: String; let shape: [Int]; let sha256: String }
    let key: String?
    let tensors: [String: Tensor]
  }

  static let folder = Fixture.url("containers/torch")
  static let expected = try! JSONDecoder().decode(
    [String: Expected].self, from: Data(contentsOf: folder.appending(path: "expected.json")))
  static let names = expected.keys.sorted()

  private func open(_ name: String) throws -> any CheckpointReader {
    try Checkpoint.open(Self.folder.appending(path: name).path)
  }

  @Test(arguments: names) func tensorsAreThoseOfTorch(name: String) throws {
    let reader = try open(name)
    let expected = try #require(Self.expected[name])
    #expect(reader.tensors.map(\.name) == expected.tensors.keys.sorted())
    for tensor in reader.tensors {
      let other = try #require(expected.tensors[tensor.name])
      #expect(tensor.dtype.rawValue == other.dtype && tensor.shape.dimensions == other.shape, "\(tensor)")
      let digest = try reader.withBytes(of: tensor.name) { Self.digest($0) }
      #expect(digest == other.sha256, "\(tensor.name)")
      let resident = try #require(reader as? any ResidentReader).resident(tensor.name)
      let kept = withExtendedLifetime(resident) { Self.digest(resident.bytes) }
      #expect(kept == other.sha256, "\(tensor.name)")
    }
  }

  /// Pieces of any length, which need not be whole elements, put together again.
  @Test(arguments: names, [1, 3, 8, 40]) func piecesMakeTheWhole(name: String, length: Int) throws {
    let reader = try open(name)
    for tensor in reader.tensors {
      var bytes = [UInt8](repeating: 0xa5, count: tensor.byteCount)
      try bytes.withUnsafeMutableBytes { buffer in
        for start in stride(from: 0, to: buffer.count, by: length) {
          let range = start..<min(start + length, buffer.count)
          try reader.readBytes(of: tensor.name, range, into: UnsafeMutableRawBufferPointer(rebasing: buffer[range]))
        }
      }
      #expect(bytes.withUnsafeBytes { Self.digest($0) } == Self.expected[name]?.tensors[tensor.name]?.sha256)
    }
  }

  private static func digest(_ bytes: UnsafeRawBufferPointer) -> String {
    let hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }

  /// What has one storage in torch has one place in memory here.
  @Test func tiedTensorsAreOne() throws {
    let reader = try #require(try open("tied.bin") as? any ResidentReader)
    let (one, other) = (try reader.resident("embed.weight"), try reader.resident("lm_head.weight"))
    #expect(one.bytes.baseAddress == other.bytes.baseAddress)
    #expect(try reader.resident("first_rows").bytes.baseAddress == one.bytes.baseAddress)
  }

  /// What stands in the order in which it is read is mapped and not copied: rows of another tensor, not its columns.
  @Test func whatIsContiguousIsMapped() throws {
    let reader = try #require(try open("views.pth") as? any ResidentReader)
    let whole = try reader.resident("whole")
    func isWithin(_ name: String) throws -> Bool {
      let part = try reader.resident(name)
      let (first, last) = (whole.bytes.baseAddress!, whole.bytes.baseAddress! + whole.bytes.count)
      return (first..<last).contains(part.bytes.baseAddress!)
    }
    for name in ["rows", "row", "element"] { #expect(try isWithin(name), "\(name)") }
    for name in ["transposed", "columns", "stepped", "column"] { #expect(try !isWithin(name), "\(name)") }
  }

  @Test(arguments: names) func saysWhereTheWeightsStand(name: String) throws {
    let notices = try open(name).notices.map(\.message)
    let key = try #require(Self.expected[name]).key
    #expect(notices.contains { $0.hasPrefix("the weights are those under") } == (key != nil))
    if let key { #expect(notices.contains { $0.contains("under \"\(key)\"") }, "\(notices)") }
  }

  @Test func saysWhatIsNotRead() throws {
    let lightning = try open("lightning.ckpt").notices.map(\.message)
    #expect(lightning.count == 1)
    #expect(
      lightning[0].contains(
        "epoch, global_step, pytorch-lightning_version, loops, callbacks, optimizer_states, lr_schedulers, hparams_name, … 9 in all"),
      "\(lightning)")
    let values = try open("values.pt").notices.map(\.message)
    #expect(values == ["what is no tensor in the state dict is not read: version, note, decoder._extra_state"])
    #expect(try open("plain.bin").notices.isEmpty)
  }

  /// Names that would run something are refused before anything is made, and said with what to do.
  @Test func codeIsNamedAndNotRun() throws {
    let path = Fixture.url("broken/torch/os-system.pt").path
    let error = try #require(#expect(throws: VLMError.self) { try Checkpoint.open(path) })
    #expect(error.message == "it asks for posix.system")
    #expect(error.offset != nil && error.remedy?.contains("torch.save(model.state_dict(), FILE)") == true)
    #expect(!FileManager.default.fileExists(atPath: "/tmp/run"))
  }

  /// Every byte changed, of a file whose checksums nobody computed: read or refused, never a crash.
  @Test func damagedFiles() throws {
    let sound = try Data(contentsOf: Self.folder.appending(path: "no_checksums.pt"))
    try Fixture.withTemporaryDirectory { directory in
      let file = directory.appending(path: "model.pt")
      for position in sound.indices {
        for byte in [UInt8(0), 0xff, sound[position] ^ 0x80] {
          var damaged = sound
          damaged[position] = byte
          try damaged.write(to: file)
          do {
            let reader = try Checkpoint.open(file.path)
            for tensor in reader.tensors { try reader.withBytes(of: tensor.name) { _ = Self.digest($0) } }
          } catch { #expect(error is VLMError) }
        }
      }
    }
  }
}
