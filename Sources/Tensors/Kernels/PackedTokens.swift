internal import CKernels

/// The rows of activations that go into a product, in the order in which kernels read them.
///
/// Reusable: packing again overwrites. Up to eight rows are kept row by row, and blocks are made of them when weights ask
/// for blocks; more are packed in blocks at once. int8 quantizes each token on the way, `scale = absmax/127.5`, codes rounded half to
/// even and clamped to -128...127 (compressed-tensors' dynamic symmetric `token` strategy).
package final class PackedTokens {
  package let kernels: Kernels
  package private(set) var format = ProductFormat.float32
  package private(set) var rows = 0
  package private(set) var width = 0
  var storage = AlignedBytes(0)
  var blocksAreMade = false
  var rowStorage = AlignedBytes(0)
  var panelStorage = AlignedBytes(0)

  package init(kernels: Kernels = .active) { self.kernels = kernels }

  /// Packs `x` [rows, width].
  package func pack(_ x: UnsafePointer<Float>, rows: Int, width: Int, as format: ProductFormat) {
    prepare(rows: rows, width: width, as: format)
    if isFew || format == .plain {
      placeRows(x)
      return
    }
    let blockRows = blockRows
    Parallel.forRanges(blockCount, grain: 4) { blocks in
      withCodes { codes, scales in
        for block in blocks {
          let first = block * blockRows
          packBlock(block, x + first * width, count: min(blockRows, rows - first), codes, scales)
        }
      }
    }
  }

  /// Packs rows that `produce` makes, a few at a time on several threads, so that they never leave the cache.
  ///
  /// - Parameter produce: writes the rows of the range to its second argument, [range.count, width].
  package func pack(
    rows: Int, width: Int, as format: ProductFormat,
    produce: (_ rows: Range<Int>, _ destination: UnsafeMutablePointer<Float>) -> Void
  ) {
    prepare(rows: rows, width: width, as: format)
    if format == .plain {
      nonisolated(unsafe) let place = rowStorage.base.assumingMemoryBound(to: Float.self)
      Parallel.forRanges(rows, grain: 16) { produce($0, place + $0.lowerBound * width) }
      return
    }
    if isFew {
      withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, rows * width)) { scratch in
        produce(0..<rows, scratch.baseAddress!)
        placeRows(scratch.baseAddress!)
      }
      return
    }
    let blockRows = blockRows
    Parallel.forRanges(blockCount, grain: 4) { blocks in
      withCodes { codes, scales in
        withUnsafeTemporaryAllocation(of: Float.self, capacity: blockRows * width) { scratch in
          for block in blocks {
            let range = block * blockRows..<min(rows, (block + 1) * blockRows)
            produce(range, scratch.baseAddress!)
            packBlock(block, scratch.baseAddress!, count: range.count, codes, scales)
          }
        }
      }
    }
  }

  /// Packs int8 codes [rows, width] that already exist, `x = codes·scales[row]`.
  package func pack(codes: UnsafePointer<Int8>, scales: UnsafePointer<Float>, rows: Int, width: Int) {
    prepare(rows: rows, width: width, as: .int8)
    if isFew {
      for row in 0..<rows { vk_s8_place_row(codes + row * width, scales[row], width, placed(row)) }
      return
    }
    for block in 0..<blockCount {
      let first = block * blockRows
      kernels.table.pointee.products.pointee.s8_pack(
        codes + first * width, scales + first, width, min(blockRows, rows - first), width, address(block))
    }
  }

  var blockCount: Int { (rows + blockRows - 1) / blockRows }
  var blockRows: Int {
    let products = kernels.table.pointee.products.pointee
    return format == .int8 ? products.s8_block_rows : products.f32_block_rows
  }
  private var blockBytes: Int {
    let products = kernels.table.pointee.products.pointee
    return format == .int8 ? products.s8_block_bytes(width) : products.f32_block_bytes(width)
  }

  private func prepare(rows: Int, width: Int, as format: ProductFormat) {
    precondition(rows > 0 && width >= 0 && width < 1 << 17)
    (self.rows, self.width, self.format) = (rows, width, format)
    blocksAreMade = !isFew
    if isFew || format == .plain { Self.enlarge(&rowStorage, to: rows * rowBytes) } else { enlargeBlocks() }
  }

  func enlargeBlocks() { Self.enlarge(&storage, to: blockCount * blockBytes) }

  static func enlarge(_ storage: inout AlignedBytes, to byteCount: Int) {
    if storage.count < byteCount { storage = AlignedBytes(byteCount) }
  }

  func address(_ block: Int) -> UnsafeMutableRawPointer { storage.base + block * blockBytes }

  private func packBlock(
    _ block: Int, _ x: UnsafePointer<Float>, count: Int, _ codes: UnsafeMutablePointer<Int8>,
    _ scales: UnsafeMutablePointer<Float>
  ) {
    let table = kernels.table.pointee, products = table.products.pointee
    switch format {
    case .float32: products.f32_pack(x, width, count, width, address(block))
    case .int8:
      for row in 0..<count {
        _ = table.quantize_token(x + row * width, width, codes + row * width, scales + row)
      }
      products.s8_pack(codes, scales, width, count, width, address(block))
    case .plain: preconditionFailure("no product reads tokens as they come")
    }
  }

  /// Memory for one block's codes and scales.
  private func withCodes(_ body: (UnsafeMutablePointer<Int8>, UnsafeMutablePointer<Float>) -> Void) {
    let count = format == .int8 ? blockRows : 0
    withUnsafeTemporaryAllocation(of: Int8.self, capacity: max(1, count * width)) { codes in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: max(1, count)) { scales in
        body(codes.baseAddress!, scales.baseAddress!)
      }
    }
  }
}
