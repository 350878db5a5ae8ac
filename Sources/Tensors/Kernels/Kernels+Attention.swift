internal import CKernels

extension Kernels {
  /// Where one of the operands of attention lies: head h of token t starts at `base + t·stride + h·width`.
  package struct Heads {
    package var base: UnsafePointer<Float>
    /// Floats from a token to the next.
    package var stride: Int

    package init(_ base: UnsafePointer<Float>, stride: Int) {
      self.base = base
      self.stride = stride
    }
  }

  /// `softmax(scale·query·keyᵀ)·value` for every head, inside segments: token t of segment s sees the keys of segment s.
  ///
  /// Runs on all threads, one head of one segment at a time; memory grows with the longest segment, not with its square.
  /// - Parameters:
  ///   - value: shares `key`'s stride.
  ///   - segments: cumulative boundaries of query tokens, `[0, …, tokens]`; empty segments are skipped.
  ///   - keySegments: those of keys where they differ (attention pooling); every segment with queries has keys.
  ///   - out: head h of token t goes to `out + t·outStride + h·width`.
  package func attention(
    query: Heads, key: Heads, value: UnsafePointer<Float>, heads: Int, width: Int, segments: [Int],
    keySegments: [Int]? = nil, scale: Float, into out: UnsafeMutablePointer<Float>, outStride: Int
  ) {
    let keySegments = keySegments ?? segments
    precondition(keySegments.count == segments.count && width > 0)
    let count = max(0, segments.count - 1)
    let longest = (0..<count).map { keySegments[$0 + 1] - keySegments[$0] }.max() ?? 0
    let bytes = table.pointee.attention_bytes(longest, width)
    Parallel.forRanges(heads * count, grain: max(1, count * heads / (8 * Parallel.threads))) { range in
      withUnsafeTemporaryAllocation(byteCount: bytes, alignment: 64) { scratch in
        for index in range {
          let (head, segment) = (index / count, index % count)
          let (queries, keys) = (segments[segment], keySegments[segment])
          var one = vk_attention()
          one.queries = segments[segment + 1] - queries
          one.keys = keySegments[segment + 1] - keys
          guard one.queries > 0 else { continue }
          precondition(one.keys > 0, "segment \(segment) has queries but no keys")
          one.width = width
          one.query = query.base + queries * query.stride + head * width
          one.key = key.base + keys * key.stride + head * width
          one.value = value + keys * key.stride + head * width
          one.query_stride = query.stride
          one.key_stride = key.stride
          one.out = out + queries * outStride + head * width
          one.out_stride = outStride
          one.scale = scale
          table.pointee.attention(&one, scratch.baseAddress)
        }
      }
    }
  }
}
