internal import Tensors

/// The rules are in `formats/containers/safetensors.md`, "What we write".
extension FileLayout {
  /// Lays out `tensors`, filling shards in the order given.
  ///
  /// - Throws: `plan.duplicateName`, `plan.reservedName`, `plan.headerTooLarge`.
  init(
    safetensors tensors: [TensorDescriptor], metadata: [String: String], maximumShardByteCount: Int, baseName: String
  ) throws(VLMError) {
    try Self.checkNames(tensors)
    let groups = Self.split(tensors, maximumShardByteCount: maximumShardByteCount)
    var files: [File] = []
    for (number, group) in groups.enumerated() {
      let fileName =
        groups.count == 1
        ? "\(baseName).safetensors"
        : "\(baseName)-\(Self.fiveDigits(number + 1))-of-\(Self.fiveDigits(groups.count)).safetensors"
      files.append(try Self.file(group, of: tensors, metadata: metadata, name: fileName))
    }
    self.files = files
    index =
      files.count == 1
      ? nil : Index(name: "\(baseName).safetensors.index.json", text: Self.indexText(files, tensors))
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

  private static func file(
    _ group: [Int], of tensors: [TensorDescriptor], metadata: [String: String], name: String
  ) throws(VLMError) -> File {
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
        file: name, remedy: "choose smaller shards")
    }
    let length = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) }
    let dataStart = 8 + text.count
    return File(
      name: name, header: length + text,
      offsets: zip(ordered, begins).map { TensorOffset(index: $0, offset: dataStart + $1) },
      byteCount: dataStart + begin)
  }

  private static func indexText(_ files: [File], _ tensors: [TensorDescriptor]) -> String {
    var fileOfTensor: [(name: String, file: String)] = []
    for file in files {
      for tensor in file.offsets {
        fileOfTensor.append((tensors[tensor.index].name, file.name))
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
