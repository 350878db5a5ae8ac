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

  /// `softmax(cap(scale·query·keyᵀ))·value` for every head, where `cap(x) = softCap·tanh(x/softCap)`.
  ///
  /// Covers encoders and decoders: whole segments, causal and sliding windows, bidirectional prefixes, padding, grouped
  /// queries, one query over a long cache. Runs on all threads. Keys that no query of a block of 24 rows sees cost nothing,
  /// so causal attention takes half the time. Memory grows with the longest segment, not with its square.
  /// - Parameters:
  ///   - query: `heads` heads of `width`.
  ///   - key, value: `keyHeads` heads of `width`, strides of their own. Query head h uses head `h / (heads / keyHeads)`.
  ///   - keyHeads: divides `heads`, which it is by default.
  ///   - segments: cumulative boundaries of query tokens, `[0, …, tokens]`; empty segments are skipped. Token t of segment s
  ///     sees the keys of segment s only.
  ///   - keySegments: the boundaries of keys where they differ (a cache; attention pooling).
  ///   - visible: for each query token the rows of `key` that it sees, clipped to its segment; `nil`: the whole segment. A
  ///     query that sees nothing gets zeros.
  ///   - softCap: bounds the logits (Gemma 2); `nil`: no bound.
  ///   - out: head h of token t goes to `out + t·outStride + h·width`.
  package func attention(
    query: Heads, key: Heads, value: Heads, heads: Int, keyHeads: Int? = nil, width: Int, segments: [Int],
    keySegments: [Int]? = nil, visible: [Range<Int>]? = nil, scale: Float, softCap: Float? = nil,
    into out: UnsafeMutablePointer<Float>, outStride: Int
  ) {
    let keyHeads = keyHeads ?? heads, keySegments = keySegments ?? segments
    precondition(keySegments.count == segments.count && width > 0)
    precondition(keyHeads > 0 && heads % keyHeads == 0, "\(heads) heads over \(keyHeads) key heads")
    precondition(visible.map { $0.count == segments.last } ?? true, "one range of keys a query")
    let group = heads / keyHeads
    var problems: [vk_attention] = []
    var ranges: [vk_range] = []
    for segment in 0..<max(0, segments.count - 1) where segments[segment] < segments[segment + 1] {
      let (queries, keys) = (segments[segment], keySegments[segment])
      precondition(
        visible != nil || keys < keySegments[segment + 1], "segment \(segment) has queries but no keys")
      ranges += (visible?[queries..<segments[segment + 1]] ?? []).map {
        vk_range(first: $0.lowerBound - keys, end: $0.upperBound - keys)
      }
      for head in 0..<keyHeads {
        var one = vk_attention()
        one.queries = segments[segment + 1] - queries
        one.keys = keySegments[segment + 1] - keys
        (one.width, one.group) = (width, group)
        one.query = query.base + queries * query.stride + head * group * width
        one.key = key.base + keys * key.stride + head * width
        one.value = value.base + keys * value.stride + head * width
        (one.query_stride, one.key_stride, one.value_stride) = (query.stride, key.stride, value.stride)
        one.out = out + queries * outStride + head * group * width
        one.out_stride = outStride
        (one.scale, one.soft_cap) = (scale, softCap ?? 0)
        problems.append(one)
      }
    }
    ranges.withUnsafeBufferPointer { ranges in
      guard visible != nil else { return run(problems) }
      // Ranges of all segments lie in a row, each segment's shared by its key heads.
      var next = ranges.baseAddress!
      for index in problems.indices {
        problems[index].visible = next
        if index % keyHeads == keyHeads - 1 { next += problems[index].queries }
      }
      run(problems)
    }
  }

  /// The same with values that share the keys' stride.
  package func attention(
    query: Heads, key: Heads, value: UnsafePointer<Float>, heads: Int, width: Int, segments: [Int],
    keySegments: [Int]? = nil, scale: Float, into out: UnsafeMutablePointer<Float>, outStride: Int
  ) {
    attention(
      query: query, key: key, value: Heads(value, stride: key.stride), heads: heads, width: width,
      segments: segments, keySegments: keySegments, scale: scale, into: out, outStride: outStride)
  }
}
