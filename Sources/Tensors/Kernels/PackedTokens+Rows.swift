internal import CKernels

/// Few tokens, kept row by row: what weights read that lie as in the file.
extension PackedTokens {
  var isFew: Bool { rows <= Int(VK_MOST_ROWS) }

  /// The rows as they came, `[rows, width]`; packed as `plain` only.
  package var plainRows: UnsafePointer<Float> {
    precondition(format == .plain)
    return UnsafePointer(rowStorage.base.assumingMemoryBound(to: Float.self))
  }

  /// The rows in the layout of `vk_f32_place_row` or `vk_s8_place_row`; `nil` where there are too many.
  var placedRows: UnsafeRawPointer? { isFew ? UnsafeRawPointer(rowStorage.base) : nil }

  /// The packed blocks; of few tokens they are made when first asked for.
  var blocks: UnsafeRawPointer {
    if !blocksAreMade {
      enlargeBlocks()
      for block in 0..<blockCount { packPlacedRows(block) }
      blocksAreMade = true
    }
    return UnsafeRawPointer(storage.base)
  }

  /// Memory for weights that are packed on the fly.
  func panels(byteCount: Int) -> UnsafeMutableRawPointer {
    Self.enlarge(&panelStorage, to: byteCount)
    return panelStorage.base
  }

  var rowBytes: Int {
    switch format {
    case .float32: vk_f32_row_bytes(width)
    case .int8: vk_s8_row_bytes(width)
    case .plain: width * MemoryLayout<Float>.stride
    }
  }

  func placed(_ row: Int) -> UnsafeMutableRawPointer { rowStorage.base + row * rowBytes }

  func placeRows(_ x: UnsafePointer<Float>) {
    switch format {
    case .plain: rowStorage.base.copyMemory(from: x, byteCount: rows * rowBytes)
    case .float32:
      for row in 0..<rows { vk_f32_place_row(x + row * width, width, placed(row)) }
    case .int8:
      withUnsafeTemporaryAllocation(of: Int8.self, capacity: max(1, width)) { codes in
        for row in 0..<rows {
          var scale: Float = 0
          _ = kernels.table.pointee.quantize_token(x + row * width, width, codes.baseAddress, &scale)
          vk_s8_place_row(codes.baseAddress, scale, width, placed(row))
        }
      }
    }
  }

  private func packPlacedRows(_ block: Int) {
    let products = kernels.table.pointee.products.pointee
    let first = block * blockRows, count = min(blockRows, rows - first)
    switch format {
    case .float32:
      products.f32_pack(
        placed(first).assumingMemoryBound(to: Float.self), rowBytes / MemoryLayout<Float>.stride, count,
        width,
        address(block))
    case .int8:
      let scales = (first..<first + count).map { placed($0).load(as: Float.self) }
      let codes = placed(first) + MemoryLayout<vk_s8_row>.stride
      products.s8_pack(
        codes.assumingMemoryBound(to: Int8.self), scales, rowBytes, count, width, address(block))
    case .plain: preconditionFailure("no product reads tokens as they come")
    }
  }
}
