public import Foundation

/// A checkpoint folder made from a fixture's, with something about it changed: situations that users report.
///
///     try CheckpointCase.with("tabletop-vlm", { $0.rename { "module." + $0 } }) { folder in … }
public struct CheckpointCase {
  public struct Tensor {
    public var dtype: String
    public var shape: [Int]
    public var data: Data

    public init(dtype: String, shape: [Int], data: Data) {
      self.dtype = dtype
      self.shape = shape
      self.data = data
    }
  }

  public var tensors: [String: Tensor]
  public var config: [String: Any]
  /// More files, and those that take the place of the fixture's; `nil` takes one away.
  public var files: [String: Data?] = [:]
  private let source: URL

  /// Reads `model.safetensors` and `config.json` of a folder under `fixtures/`.
  public init(_ fixture: String) throws {
    source = Fixture.url(fixture)
    tensors = try Self.read(source.appending(path: "model.safetensors"))
    config = try Self.object(Data(contentsOf: source.appending(path: "config.json")))
  }

  /// Lends the changed folder.
  @discardableResult public static func with<R>(
    _ fixture: String, _ change: (inout CheckpointCase) throws -> Void = { _ in }, _ body: (URL) throws -> R
  ) throws -> R {
    try Fixture.withTemporaryDirectory { folder in
      var made = try CheckpointCase(fixture)
      try change(&made)
      try made.write(to: folder)
      return try body(folder)
    }
  }

  public mutating func rename(_ change: (String) -> String) {
    tensors = Dictionary(uniqueKeysWithValues: tensors.map { (change($0.key), $0.value) })
  }

  /// The JSON object of one of the fixture's files.
  public func object(_ name: String) throws -> [String: Any] {
    try Self.object(Data(contentsOf: source.appending(path: name)))
  }

  private static func object(_ data: Data) throws -> [String: Any] {
    guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      throw CocoaError(.fileReadCorruptFile)
    }
    return object
  }

  /// Writes the folder's files into one that is there.
  public func write(to folder: URL) throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: source.path)
    where name.hasSuffix(".json") || name.hasSuffix(".jinja") {
      try FileManager.default.copyItem(at: source.appending(path: name), to: folder.appending(path: name))
    }
    try JSONSerialization.data(withJSONObject: config, options: .sortedKeys)
      .write(to: folder.appending(path: "config.json"))
    try Self.bytes(tensors).write(to: folder.appending(path: "model.safetensors"))
    for (name, data) in files {
      let url = folder.appending(path: name)
      if let data { try data.write(to: url) } else { try FileManager.default.removeItem(at: url) }
    }
  }

  // MARK: safetensors

  /// The bytes of a safetensors file, tensors in order of name.
  public static func bytes(_ tensors: [String: Tensor]) throws -> Data {
    var header: [String: Any] = ["__metadata__": ["format": "pt"]]
    var data = Data()
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      header[name] = [
        "dtype": tensor.dtype, "shape": tensor.shape,
        "data_offsets": [data.count, data.count + tensor.data.count],
      ]
      data.append(tensor.data)
    }
    var text = try JSONSerialization.data(withJSONObject: header, options: .sortedKeys)
    text.append(Data(repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8))
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Data($0) } + text + data
  }

  public static func read(_ url: URL) throws -> [String: Tensor] {
    let file = try Data(contentsOf: url)
    let length = (0..<8).reduce(0) { $0 | Int(file[$1]) << (8 * $1) }
    let header = try object(file[8..<8 + length])
    var tensors: [String: Tensor] = [:]
    for case (let name, let entry as [String: Any]) in header where name != "__metadata__" {
      guard let dtype = entry["dtype"] as? String, let shape = entry["shape"] as? [Int],
        let range = entry["data_offsets"] as? [Int]
      else { throw CocoaError(.fileReadCorruptFile) }
      tensors[name] = Tensor(
        dtype: dtype, shape: shape, data: file.subdata(in: 8 + length + range[0]..<8 + length + range[1]))
    }
    return tensors
  }
}
