package import Tensors

/// Where every byte of a safetensors checkpoint will stand, fixed before the first is made.
///
/// The rules are in `formats/containers/safetensors.md`, "What we write".
package struct SafetensorsLayout: Sendable {
  package struct Placement: Sendable {
    /// Position in the plan.
    package let index: Int
    /// First byte in the shard's file.
    package let offset: Int
  }

  package struct Shard: Sendable {
    package let fileName: String
    /// Length field, JSON and padding.
    package let header: [UInt8]
    /// In data order.
    package let placements: [Placement]
    package let byteCount: Int
  }

  package let shards: [Shard]
  /// The text of the index file, `nil` for a single shard.
  package let index: String?
  package let indexFileName: String

  /// Lays out `tensors`, filling shards in the order given.
  ///
  /// - Throws: `plan.duplicateName`, `plan.reservedName`, `plan.headerTooLarge`.
  package init(
    _ tensors: [TensorDescriptor], metadata: [String: String], maximumShardByteCount: Int, baseName: String
  ) throws(VLMError) {
    try Self.checkNames(tensors)
    let groups = Self.split(tensors, maximumShardByteCount: maximumShardByteCount)
    indexFileName = "\(baseName).safetensors.index.json"
    var shards: [Shard] = []
    for (number, group) in groups.enumerated() {
      let fileName =
        groups.count == 1
        ? "\(baseName).safetensors"
        : "\(baseName)-\(Self.fiveDigits(number + 1))-of-\(Self.fiveDigits(groups.count)).safetensors"
      shards.append(try Self.shard(group, of: tensors, metadata: metadata, fileName: fileName))
    }
    index = shards.count == 1 ? nil : Self.indexText(shards, tensors)
    self.shards = shards
  }

  /// One file of another container, laid out by who makes it.
  init(fileName: String, placements: [Placement], byteCount: Int) {
    shards = [Shard(fileName: fileName, header: [], placements: placements, byteCount: byteCount)]
    index = nil
    indexFileName = ""
  }

  private static func checkNames(_ tensors: [TensorDescriptor]) throws(VLMError) {
    var names: Set<String> = Set(minimumCapacity: tensors.count)
    for tensor in tensors {
      guard tensor.name != "__metadata__" else {
        throw VLMError(.planReservedName, "no tensor may have this name in safetensors", tensor: tensor.name)
      }
      guard names.insert(tensor.name).inserted else {
        throw VLMError(.planDuplicateName, "this tensor would be written twice", tensor: tensor.name)
      }
    }
  }

  private static func split(_ tensors: [TensorDescriptor], maximumShardByteCount: Int) -> [[Int]] {
    var groups: [[Int]] = [[]]
    var byteCount = 0
    for (index, tensor) in tensors.enumerated() {
      if byteCount > 0, byteCount + tensor.byteCount > maximumShardByteCount {
        groups.append([])
        byteCount = 0
      }
      groups[groups.count - 1].append(index)
      byteCount += tensor.byteCount
    }
    return groups
  }

  /// The largest power of two, 64 at most, that divides `byteCount`.
  private static func alignmentKept(by byteCount: Int) -> Int {
    byteCount == 0 ? 64 : min(64, 1 << byteCount.trailingZeroBitCount)
  }

  private static func shard(
    _ group: [Int], of tensors: [TensorDescriptor], metadata: [String: String], fileName: String
  ) throws(VLMError) -> Shard {
    // The format forbids gaps. A tensor keeps the next one as aligned as its own size is, so those come first
    // that keep 64; behind them every tensor stands at a multiple of the power of two in its own size.
    let ordered = group.map { (index: $0, keeps: alignmentKept(by: tensors[$0].byteCount)) }
      .sorted { ($1.keeps, tensors[$0.index].name) < ($0.keeps, tensors[$1.index].name) }
      .map(\.index)
    var json = "{"
    var members = metadata
    if members["format"] == nil { members["format"] = "pt" }
    json += "\"__metadata__\":{"
    json += members.sorted { $0.key < $1.key }.map { "\($0.key.jsonLiteral):\($0.value.jsonLiteral)" }
      .joined(separator: ",")
    json += "}"
    var begin = 0
    var begins: [Int] = []
    for index in ordered {
      let tensor = tensors[index]
      let shape = tensor.shape.dimensions.map(String.init).joined(separator: ",")
      begins.append(begin)
      json += ",\(tensor.name.jsonLiteral):{\"dtype\":\"\(tensor.dtype.rawValue)\",\"shape\":[\(shape)],"
      json += "\"data_offsets\":[\(begin),\(begin + tensor.byteCount)]}"
      begin += tensor.byteCount
    }
    json += "}"
    var text = Array(json.utf8)
    while (8 + text.count) % 64 != 0 { text.append(0x20) }
    guard text.count <= SafetensorsHeader.maximumByteCount else {
      throw VLMError(
        .planHeaderTooLarge, "the header would take \(text.count) bytes, more than the format allows",
        file: fileName, remedy: "choose smaller shards")
    }
    let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) }
    let dataStart = 8 + text.count
    return Shard(
      fileName: fileName, header: length + text,
      placements: zip(ordered, begins).map { Placement(index: $0, offset: dataStart + $1) },
      byteCount: dataStart + begin)
  }

  private static func indexText(_ shards: [Shard], _ tensors: [TensorDescriptor]) -> String {
    var fileOfTensor: [(name: String, file: String)] = []
    for shard in shards {
      for placement in shard.placements {
        fileOfTensor.append((tensors[placement.index].name, shard.fileName))
      }
    }
    fileOfTensor.sort { $0.name < $1.name }
    let total = tensors.reduce(0) { $0 + $1.byteCount }
    let lines = fileOfTensor.map { "    \($0.name.jsonLiteral): \($0.file.jsonLiteral)" }
    return "{\n  \"metadata\": {\n    \"total_size\": \(total)\n  },\n  \"weight_map\": {\n"
      + lines.joined(separator: ",\n") + "\n  }\n}\n"
  }

  private static func fiveDigits(_ number: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, 5 - text.count)) + text
  }
}
