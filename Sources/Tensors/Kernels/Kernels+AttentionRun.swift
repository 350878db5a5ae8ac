internal import CKernels

extension Kernels {
  /// Solves one problem for each key head of each segment.
  ///
  /// Three ways, and the answer does not depend on the number of threads: few rows read the keys where they lie, in parts
  /// of 512; of many problems each thread packs and solves its own; otherwise all threads share the packed keys.
  func run(_ problems: [vk_attention]) {
    let few = table.pointee.attention_part == nil ? 0 : table.pointee.attention_few_rows
    solveInParts(problems.filter { $0.rows <= few })
    let others = problems.filter { $0.rows > few }
    if others.count >= 8 * Parallel.threads {
      solveOneEach(others)
    } else {
      var rest = others[...]
      while let first = rest.first {
        // A quarter of a gigabyte of packed keys at once, or one problem's.
        let batch = rest.prefix(max(1, (1 << 28) / max(1, packedBytes(first))))
        solveTogether(Array(batch))
        rest = rest.dropFirst(batch.count)
      }
    }
  }

  private func solveOneEach(_ problems: [vk_attention]) {
    let packedBytes = problems.map(packedBytes).max()!, scratchBytes = problems.map(scratchBytes).max()!
    let chunk = max(1, problems.count / (8 * Parallel.threads))
    Parallel.forEach((problems.count + chunk - 1) / chunk) { index in
      withUnsafeTemporaryAllocation(byteCount: packedBytes + scratchBytes, alignment: 64) { memory in
        let packed = memory.baseAddress!
        for var problem in problems[index * chunk..<min(problems.count, (index + 1) * chunk)] {
          table.pointee.attention_pack(&problem, 0, problem.keys, packed)
          table.pointee.attention(&problem, packed, 0, problem.rows, packed + packedBytes)
        }
      }
    }
  }

  private func solveTogether(_ problems: [vk_attention]) {
    let stride = problems.map(packedBytes).max()!, scratchBytes = problems.map(scratchBytes).max()!
    let memory = AlignedBytes(stride * problems.count), packed = memory.base
    forEachPart(problems, of: 512, in: { $0.keys }) { problem, index, keys in
      table.pointee.attention_pack(
        problem, keys.lowerBound, keys.upperBound, packed + index * stride)
    }
    forEachPart(problems, of: 2 * table.pointee.attention_rows, in: { $0.rows }) { problem, index, rows in
      withUnsafeTemporaryAllocation(byteCount: scratchBytes, alignment: 64) { scratch in
        table.pointee.attention(
          problem, packed + index * stride, rows.lowerBound, rows.upperBound, scratch.baseAddress)
      }
    }
    withExtendedLifetime(memory) {}
  }

  private func solveInParts(_ problems: [vk_attention]) {
    guard !problems.isEmpty else { return }
    let keysAtOnce = 512, scratchBytes = problems.map(scratchBytes).max()!
    let strides = problems.map { $0.rows * ($0.width + 2) }
    let counts = problems.map { ($0.keys + keysAtOnce - 1) / keysAtOnce }
    let offsets = zip(strides, counts).reduce(into: [0]) { $0.append($0.last! + $1.0 * $1.1) }
    withUnsafeTemporaryAllocation(of: Float.self, capacity: offsets.last!) { parts in
      let parts = parts.baseAddress!
      forEachPart(problems, of: keysAtOnce, in: { $0.keys }) { problem, index, keys in
        withUnsafeTemporaryAllocation(byteCount: scratchBytes, alignment: 64) { scratch in
          table.pointee.attention_part(
            problem, keys.lowerBound, keys.upperBound,
            parts + offsets[index] + keys.lowerBound / keysAtOnce * strides[index], scratch.baseAddress)
        }
      }
      for (index, var problem) in problems.enumerated() {
        vk_attention_join(&problem, parts + offsets[index], counts[index])
      }
    }
  }

  /// Hands out `0..<extent(problem)` of every problem in ranges of `size`, the last first: where attention is causal the
  /// last rows take longest.
  private func forEachPart(
    _ problems: [vk_attention], of size: Int, in extent: (vk_attention) -> Int,
    _ body: (_ problem: UnsafePointer<vk_attention>, _ index: Int, _ range: Range<Int>) -> Void
  ) {
    let parts = problems.indices.flatMap { index in
      let count = extent(problems[index])
      return stride(from: 0, to: count, by: size).map { (index, $0..<min(count, $0 + size)) }
    }
    problems.withUnsafeBufferPointer { problems in
      Parallel.forEach(parts.count) { item in
        let (index, range) = parts[parts.count - 1 - item]
        body(problems.baseAddress! + index, index, range)
      }
    }
  }

  private func packedBytes(_ problem: vk_attention) -> Int {
    table.pointee.attention_packed_bytes(problem.keys, problem.width)
  }

  private func scratchBytes(_ problem: vk_attention) -> Int {
    table.pointee.attention_scratch_bytes(problem.keys, problem.width)
  }
}

extension vk_attention {
  /// Query heads by queries.
  fileprivate var rows: Int { queries * group }
}
