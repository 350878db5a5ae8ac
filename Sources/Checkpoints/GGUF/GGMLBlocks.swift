internal import Foundation
internal import Tensors

/// Blocks of ggml as floats: what gguf-py's `dequantize` makes of them, to the last bit of f32.
///
///     Q4_0   d (q - 8)             Q8_0   d q               Q4_K   d s q - m t
///     Q4_1   d q + m               Q5_K   as Q4_K, 5 bits   Q6_K   d s (q - 32)
///     Q5_0   d (q - 16)            Q5_1   d q + m
///
/// `d` and `m` are F16 for a block, `s` and `t` small integers for a part of it.
struct GGMLBlocks: StoredWeight {
  /// What one block is made of.
  private typealias Decoding =
    @Sendable (_ block: UnsafeRawBufferPointer, _ values: UnsafeMutablePointer<Float>) -> Void

  private let tensor: String
  private let type: GGMLType
  private let decoding: Decoding

  init?(_ entry: GGUFHeader.Entry) {
    guard let decoding = Self.all.first(where: { $0.name == entry.type.name })?.decoding else { return nil }
    tensor = entry.name
    type = entry.type
    self.decoding = decoding
  }

  /// Names of the types that are read.
  static var known: [String] { all.map(\.name) }

  private static let all: [(name: String, decoding: Decoding)] = [
    (
      "Q4_0",
      { block, values in
        let scale = half(block, 0)
        nibbles(block, 2) { values[$0] = scale * Float($1 - 8) }
      }
    ),
    (
      "Q4_1",
      { block, values in
        let (scale, least) = (half(block, 0), half(block, 2))
        nibbles(block, 4) { values[$0] = scale * Float($1) + least }
      }
    ),
    (
      "Q5_0",
      { block, values in
        let (scale, high) = (half(block, 0), block.loadUnaligned(fromByteOffset: 2, as: UInt32.self))
        nibbles(block, 6) { values[$0] = scale * Float(($1 | Int(high >> UInt32($0) & 1) << 4) - 16) }
      }
    ),
    (
      "Q5_1",
      { block, values in
        let (scale, least) = (half(block, 0), half(block, 2))
        let high = block.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        nibbles(block, 8) { values[$0] = scale * Float($1 | Int(high >> UInt32($0) & 1) << 4) + least }
      }
    ),
    (
      "Q8_0",
      { block, values in
        let scale = half(block, 0)
        for place in 0..<32 { values[place] = Float(Int8(bitPattern: block[2 + place])) * scale }
      }
    ),
    (
      "Q4_K",
      { block, values in
        parts(block) { part, scale, least in
          for place in 0..<32 {
            let pair = block[16 + part / 2 * 32 + place]
            values[part * 32 + place] = scale * Float(part % 2 == 0 ? pair & 15 : pair >> 4) - least
          }
        }
      }
    ),
    (
      "Q5_K",
      { block, values in
        parts(block) { part, scale, least in
          for place in 0..<32 {
            let pair = block[48 + part / 2 * 32 + place]
            let code = (part % 2 == 0 ? pair & 15 : pair >> 4) | (block[16 + place] >> UInt8(part) & 1) << 4
            values[part * 32 + place] = scale * Float(code) - least
          }
        }
      }
    ),
    (
      "Q6_K",
      { block, values in
        let whole = half(block, 208)
        for place in 0..<256 {
          // Two halves of 128: low four bits of 64 and 64 places, high two of 32, 32, 32 and 32.
          let (part, within) = (place / 128, place % 128)
          let low = block[part * 64 + within % 64] >> UInt8(within / 64 * 4) & 15
          let high = block[128 + part * 32 + within % 32] >> UInt8(within / 32 * 2) & 3
          let scale = whole * Float(Int8(bitPattern: block[192 + place / 16]))
          values[place] = scale * Float(Int(low | high << 4) - 32)
        }
      }
    ),
  ]

  private static func half(_ block: UnsafeRawBufferPointer, _ offset: Int) -> Float {
    let bits = UInt32(block.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    let (sign, magnitude) = ((bits & 0x8000) << 16, (bits & 0x7fff) << 13)
    // With the exponent of F16 in the place of F32's; infinities and NaNs keep theirs.
    let value =
      bits & 0x7c00 == 0x7c00
      ? Float(bitPattern: magnitude | 0x7f80_0000) : Float(bitPattern: magnitude) * 0x1p112
    return Float(bitPattern: value.bitPattern | sign)
  }

  /// Of 32 codes of four bits the first 16 stand in the low halves of 16 bytes, the others in the high ones.
  private static func nibbles(
    _ block: UnsafeRawBufferPointer, _ offset: Int, _ body: (_ place: Int, _ code: Int) -> Void
  ) {
    for place in 0..<16 {
      let pair = Int(block[offset + place])
      body(place, pair & 15)
      body(place + 16, pair >> 4)
    }
  }

  /// The eight parts of Q4_K and Q5_K, with their scales and least values: 6 bits each in 12 bytes.
  private static func parts(
    _ block: UnsafeRawBufferPointer, _ body: (_ part: Int, _ scale: Float, _ least: Float) -> Void
  ) {
    let (whole, wholeLeast) = (half(block, 0), half(block, 2))
    for part in 0..<8 {
      let (scale, least): (UInt8, UInt8)
      if part < 4 {
        (scale, least) = (block[4 + part] & 63, block[8 + part] & 63)
      } else {
        let pair = block[8 + part]
        (scale, least) = (pair & 15 | (block[part] >> 6) << 4, pair >> 4 | (block[4 + part] >> 6) << 4)
      }
      body(part, whole * Float(scale), wholeLeast * Float(least))
    }
  }

  // MARK: StoredWeight

  var parts: [String] { [tensor] }
  var unit: Int { type.blockCount }
  let precision = DType.f32
  var description: String { type.name }

  func decode(
    _ units: Range<Int>, _ bytes: [UnsafeRawBufferPointer], into values: UnsafeMutablePointer<Float>
  ) throws(StoredWeightFault) {
    let size = type.blockByteCount
    for unit in units {
      decoding(
        UnsafeRawBufferPointer(rebasing: bytes[0][unit * size..<(unit + 1) * size]),
        values + (unit - units.lowerBound) * type.blockCount)
    }
  }
}

/// A tensor of BF16 or F16 that is kept as F32, which each of its values must still be.
struct WidenedFloats: StoredWeight {
  let tensor: String
  let dtype: DType

  var parts: [String] { [tensor] }
  let unit = 1
  var precision: DType { .f32 }
  var description: String { "\(dtype.rawValue) in F32" }

  func decode(
    _ units: Range<Int>, _ bytes: [UnsafeRawBufferPointer], into values: UnsafeMutablePointer<Float>
  ) throws(StoredWeightFault) {
    let part = UnsafeRawBufferPointer(rebasing: bytes[0][units.lowerBound * 4..<units.upperBound * 4])
    let floats = UnsafeMutableBufferPointer(start: values, count: units.count)
    UnsafeMutableRawBufferPointer(floats).copyMemory(from: part)
    Kernels.active.round(floats, as: dtype)
    guard memcmp(values, part.baseAddress!, part.count) != 0 else { return }
    for (place, unit) in units.enumerated() {
      let stored = part.loadUnaligned(fromByteOffset: place * 4, as: Float.self)
      guard stored != floats[place], !stored.isNaN else { continue }
      throw StoredWeightFault(
        part: tensor,
        message: "element \(unit) is \(stored), which no \(dtype.rawValue) is; the file says that it was widened from it, so another program has changed it")
    }
  }
}
