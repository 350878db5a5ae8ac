internal import Tensors

/// Codes of four bits in blocks, one after another whatever the shape, as bitsandbytes keeps them:
/// `w = book[code] absmax[place / blockSize]`.
struct CodebookBlocks: StoredWeight {
  /// Scales that are codes of eight bits themselves: `absmax = book[code] absmax2[block / blockSize] + offset`.
  struct Nested: Sendable {
    let book: String
    let absmax: String
    let blockSize: Int
    let offset: Float
  }

  /// `nf4`
  let kind: String
  /// Two codes a byte, the first in the high bits.
  let codes: String
  /// 16 values, F32.
  let book: String
  /// F32, or U8 where it is nested.
  let absmax: String
  let blockSize: Int
  let nested: Nested?
  let precision: DType
  /// Whether the code of 8 is minus zero, as in the library's kernels of fp4 but not in its table.
  let signsZero: Bool

  let unit = 1
  var parts: [String] { [codes, book, absmax] + (nested.map { [$0.book, $0.absmax] } ?? []) }
  var description: String {
    "\(kind), one scale a block of \(blockSize)"
      + (nested.map { ", scales int8 with one a block of \($0.blockSize)" } ?? "")
  }

  func decode(
    _ units: Range<Int>, _ bytes: [UnsafeRawBufferPointer], into values: UnsafeMutablePointer<Float>
  ) throws(StoredWeightFault) {
    func float(_ part: Int, _ index: Int) -> Float {
      bytes[part].loadUnaligned(fromByteOffset: index * 4, as: Float.self)
    }
    var book = (0..<16).map { float(1, $0) }
    if signsZero, book[8] == 0 { book[8] = -0.0 }
    var (block, scale) = (-1, Float(0))
    for place in units {
      if place / blockSize != block {
        block = place / blockSize
        scale =
          nested.map { float(3, Int(bytes[2][block])) * float(4, block / $0.blockSize) + $0.offset }
          ?? float(2, block)
      }
      let pair = bytes[0][place / 2]
      values[place - units.lowerBound] = book[Int(place % 2 == 0 ? pair >> 4 : pair & 15)] * scale
    }
  }
}
