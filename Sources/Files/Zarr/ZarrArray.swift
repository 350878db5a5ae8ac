internal import Tensors

/// An array of a Zarr store: what `.zarray` says of it.
package struct ZarrArray: Sendable {
  /// `data/action`
  package let name: String
  package let shape: [Int]
  package let type: NumPyType
  /// Extents of a chunk, each at least 1; those at the end are as large as the others.
  let chunks: [Int]
  let codec: ZarrCodec
  /// Whether the first index of a chunk is the fastest.
  let isFortran: Bool
  /// One element of a chunk that is not there; `nil` where nothing says what it is.
  let fill: [UInt8]?
  let separator: String
  let store: ZarrStore

  /// Bytes of an element.
  let size: Int
  /// Bytes of a chunk, unpacked.
  let chunkByteCount: Int

  package var rows: Int { shape.first ?? 0 }

  /// Indices that NumPy's arrays have at most.
  private static let maximumRank = 32
  /// No extent, array or chunk is larger, so that sums of two are numbers.
  private static let maximumSize = 1 << 60

  init(_ name: String, _ metadata: JSONValue, of store: ZarrStore) throws(VLMError) {
    let key = "\(name)/.zarray"
    func wrong(_ code: VLMError.Code, _ message: String, _ remedy: String? = nil) -> VLMError {
      VLMError(
        code, message, file: store.file(of: key), tensor: name,
        remedy: remedy ?? "it is damaged: copy the store again")
    }
    func extents(_ key: String, atLeast least: Int) throws(VLMError) -> [Int] {
      let numbers = metadata[key]?.arrayValue?.map { $0.intValue ?? -1 }
      guard let numbers, numbers.count <= Self.maximumRank,
        numbers.allSatisfy({ (least...Self.maximumSize).contains($0) })
      else {
        throw wrong(.zarrMetadata, "its \(key) is \(metadata[key]?.summary ?? "not there")")
      }
      return numbers
    }
    guard metadata["zarr_format"]?.intValue == 2 else {
      throw wrong(.zarrVersion, "its zarr_format is not 2", "write it with zarr 2")
    }
    shape = try extents("shape", atLeast: 0)
    chunks = try extents("chunks", atLeast: 1)
    guard chunks.count == shape.count else {
      throw wrong(.zarrMetadata, "its shape has \(shape.count) indices, its chunks have \(chunks.count)")
    }
    let descr = metadata["dtype"]
    guard let type = descr?.stringValue.flatMap({ NumPyType($0) }), let size = type.size else {
      throw wrong(
        .zarrType, "its elements are \(descr?.summary ?? "not said")",
        "what is read are integers, floats, booleans and texts of one length")
    }
    guard metadata["filters"]?.arrayValue?.isEmpty ?? (metadata["filters"] == nil) else {
      throw wrong(
        .zarrCodec, "it has filters, which are not read", "write it with filters=None")
    }
    guard let byteCount = NumPyArray.byteCount(shape, size), byteCount <= Self.maximumSize,
      let chunkByteCount = NumPyArray.byteCount(chunks, size), chunkByteCount <= Self.maximumSize
    else {
      throw wrong(.zarrMetadata, "an array of shape \(shape) in chunks of \(chunks) cannot exist")
    }
    let order = metadata["order"]?.stringValue
    guard let order, order == "C" || order == "F" else {
      throw wrong(.zarrMetadata, "its order is \(metadata["order"]?.summary ?? "not said"), not C or F")
    }
    let separator = metadata["dimension_separator"].map(\.stringValue) ?? "."
    guard let separator, separator == "." || separator == "/" else {
      throw wrong(.zarrMetadata, "its dimension_separator is neither . nor /")
    }
    let stated = metadata["fill_value"]
    fill = stated.flatMap { ZarrFill.bytes($0, of: type) }
    guard stated == nil || fill != nil else {
      throw wrong(.zarrMetadata, "its fill_value is \(stated!.summary), no \(descr?.stringValue ?? "")")
    }
    do throws(VLMError) { codec = try ZarrCodec(metadata["compressor"]) } catch {
      throw wrong(error.code, error.message, error.remedy)
    }
    guard codec != .jpegXL || type.kind == .numbers(.u8) && order == "C" else {
      throw wrong(
        .zarrCodec,
        "its chunks are JPEG XL of \(descr?.summary ?? "") in order \(order); what is read is \"|u1\" in order C"
      )
    }
    self.name = name
    self.type = type
    self.size = size
    self.chunkByteCount = chunkByteCount
    self.separator = separator
    self.store = store
    isFortran = order == "F"
  }
}

/// One element as `fill_value` has it.
enum ZarrFill {
  /// `nil` for what is no value of the type.
  static func bytes(_ value: JSONValue, of type: NumPyType) -> [UInt8]? {
    guard case .numbers(let dtype) = type.kind else {
      // A text, in base64 where it is of bytes: only the empty one.
      return value == .string("") || value == .int(0) ? [UInt8](repeating: 0, count: type.size ?? 0) : nil
    }
    let number: Double? =
      switch value {
      case .bool(let isTrue): isTrue ? 1 : 0
      case .string("NaN"): .nan
      case .string("Infinity"): .infinity
      case .string("-Infinity"): -.infinity
      default: value.doubleValue
      }
    guard let number else { return nil }
    func whole<Word: FixedWidthInteger>(_: Word.Type) -> [UInt8]? {
      let word = if case .int(let value) = value { Word(exactly: value) } else { Word(exactly: number) }
      return word.map(stored)
    }
    func stored<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
      withUnsafeBytes(of: type.isBigEndian ? word.bigEndian : word.littleEndian) { Array($0) }
    }
    return switch dtype {
    case .bool: number == 0 || number == 1 ? [UInt8(number)] : nil
    case .u8: whole(UInt8.self)
    case .i8: whole(Int8.self)
    case .u16: whole(UInt16.self)
    case .i16: whole(Int16.self)
    case .u32: whole(UInt32.self)
    case .i32: whole(Int32.self)
    case .u64: whole(UInt64.self)
    case .i64: whole(Int64.self)
    case .f16: stored(half(number))
    case .f32: stored(Float(number).bitPattern)
    case .f64: stored(number.bitPattern)
    default: nil
    }
  }

  /// The one of 65536 that is nearest, of two the even one: Swift's own Float16 is not on every machine.
  private static func half(_ number: Double) -> UInt16 {
    func value(_ bits: UInt16) -> Double {
      [UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)].withUnsafeBytes { StoredNumbers.doubles($0, .f16)[0] }
    }
    if number.isNaN { return 0x7e00 }
    let sign: UInt16 = number.sign == .minus ? 0x8000 : 0
    guard number.isFinite else { return sign | 0x7c00 }
    // Those that are positive stand in order.
    var (low, high) = (UInt16(0), UInt16(0x7bff))
    while low < high {
      let middle = low + (high - low + 1) / 2
      if value(middle) <= number.magnitude { low = middle } else { high = middle - 1 }
    }
    guard low < 0x7bff else { return sign | low }
    let (below, above) = (number.magnitude - value(low), value(low + 1) - number.magnitude)
    return sign | (below < above || below == above && low % 2 == 0 ? low : low + 1)
  }
}
