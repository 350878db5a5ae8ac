internal import Files
package import Tensors

/// A checkpoint with an adapter merged into it: tensors are changed as they are read, a few rows at a time.
///
/// As peft's `merge_and_unload`: the product of the adapter's matrices in f32, times the scale, added to the weight and rounded once to
/// the weight's dtype; of embeddings the product is rounded to it before, too. (peft loads adapters as f32.)
package struct AdaptedReader: CheckpointReader {
  private let base: any CheckpointReader
  private let adapter: LoRAAdapter
  /// By the tensor's name in the base.
  private let changes: [String: LoRAAdapter.Change]
  private let descriptors: [String: TensorDescriptor]
  /// The adapter's tensors.
  private let parts: [String: TensorDescriptor]

  /// Bytes of f32 that are worked on at once.
  private static let blockBytes = 16 << 20

  /// - Parameter names: what each tensor that the adapter changes is called in `base`.
  /// - Throws: `checkpoints.adapter.foreign` for a tensor of another shape, or one that is no float.
  package init(_ base: any CheckpointReader, _ adapter: LoRAAdapter, names: [String: String]) throws(VLMError) {
    self.base = base
    self.adapter = adapter
    let tensors = Dictionary(uniqueKeysWithValues: base.tensors.map { ($0.name, $0) })
    let parts = Dictionary(uniqueKeysWithValues: adapter.weights.tensors.map { ($0.name, $0) })
    var (changes, descriptors): ([String: LoRAAdapter.Change], [String: TensorDescriptor]) = ([:], [:])
    for (name, change) in adapter.changes {
      guard let stored = names[name], let tensor = tensors[stored] else { preconditionFailure("no tensor for \(name)") }
      func foreign(_ message: String) -> VLMError {
        VLMError(
          .adapterForeign, message, file: adapter.directory, tensor: stored,
          remedy: adapter.base.map { "it was trained on \($0)" } ?? "give the model that it was trained on")
      }
      guard Self.merges(tensor.dtype) else {
        throw foreign("is \(tensor.dtype.rawValue) in the model, and an adapter is merged into floats")
      }
      for part in change.tensors where !Self.merges(parts[part]!.dtype) {
        throw VLMError(
          .adapterMalformed, "is \(parts[part]!.dtype.rawValue), no float", file: adapter.weights.file(of: part), tensor: part)
      }
      let shape = tensor.shape.dimensions
      func count(_ factor: LoRAAdapter.Factor) -> Int {
        let shape = parts[factor.tensor]!.shape.dimensions
        return factor.ranksFirst ? shape.dropFirst().reduce(1, *) : shape[0]
      }
      let fits: Bool
      var wanted = shape
      switch change {
      case .product(let left, let right, _, let magnitude, let weight):
        wanted = [count(left), count(right)]
        fits = shape.first == count(left) && shape.dropFirst().reduce(1, *) == count(right) && shape.count > 1
          && magnitude.map { parts[$0]!.shape.count == shape[0] } != false && weight.map { parts[$0]!.shape == tensor.shape } != false
      case .shift(let part, _), .replacement(let part):
        wanted = parts[part]!.shape.dimensions
        fits = wanted == shape
      }
      guard fits else { throw foreign("is \(Shape(shape)) in the model and \(Shape(wanted)) in the adapter") }
      (changes[stored], descriptors[stored]) = (change, tensor)
    }
    (self.changes, self.descriptors, self.parts) = (changes, descriptors, parts)
  }

  private static func merges(_ dtype: DType) -> Bool { [.f32, .bf16, .f16].contains(dtype) }

  package var tensors: [TensorDescriptor] { base.tensors }
  package var notices: [Notice] { base.notices + adapter.notices }
  package var files: [String] { base.files + adapter.files }
  package func file(of name: String) -> String { base.file(of: name) }

  package func withBytes<R>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    guard let tensor = descriptors[name] else { return try base.withBytes(of: name, body) }
    return try withBytesRead(of: name, tensor.byteCount, body)
  }

  package func readBytes(
    of name: String, _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) {
    guard let change = changes[name], let tensor = descriptors[name] else {
      return try base.readBytes(of: name, range, into: destination)
    }
    guard !range.isEmpty else { return }
    switch change {
    case .replacement(let part): try replace(tensor, with: part, range, destination)
    case .shift(let part, let scale):
      try merge(tensor, nil, range, destination, rowWidth: 1) { (rows, values) throws(VLMError) in
        let shift = try floats(part, rows.lowerBound..<rows.upperBound)
        for index in rows.indices { values[index - rows.lowerBound] += shift[index - rows.lowerBound] * scale }
      }
    case .product(let left, let right, let scale, let magnitude, let weight):
      let width = tensor.shape.dimensions.dropFirst().reduce(1, *)
      let update = try Update(self, left, right, scale, magnitude, width: width)
      try merge(tensor, weight, range, destination, rowWidth: width) { (rows, values) throws(VLMError) in
        try update.add(to: values, rows: rows, roundedAs: left.ranksFirst ? tensor.dtype : nil, of: self)
      }
    }
  }

  /// Gives `change` whole rows of the tensor in f32, and writes what it makes of them where `range` of the bytes wants it.
  ///
  /// - Parameter weight: a tensor of the adapter's in its place, rounded to its dtype first.
  private func merge(
    _ tensor: TensorDescriptor, _ weight: String?, _ range: Range<Int>, _ destination: UnsafeMutableRawBufferPointer, rowWidth: Int,
    _ change: (Range<Int>, UnsafeMutablePointer<Float>) throws(VLMError) -> Void
  ) throws(VLMError) {
    let (size, kernels) = (tensor.dtype.bits / 8, Kernels.active)
    let rowBytes = rowWidth * size
    let rows = range.lowerBound / rowBytes..<(range.upperBound + rowBytes - 1) / rowBytes
    let most = max(1, Self.blockBytes / (4 * rowWidth))
    let values = UnsafeMutableBufferPointer<Float>.allocate(capacity: min(most, rows.count) * rowWidth)
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: min(most, rows.count) * rowBytes, alignment: 64)
    defer {
      values.deallocate()
      bytes.deallocate()
    }
    for first in stride(from: rows.lowerBound, to: rows.upperBound, by: most) {
      let block = first..<min(first + most, rows.upperBound)
      let here = block.lowerBound * rowBytes..<block.upperBound * rowBytes
      let part = UnsafeMutableRawBufferPointer(rebasing: bytes[..<here.count])
      let floats = UnsafeMutableBufferPointer(rebasing: values[..<(block.count * rowWidth)])
      if let weight { try replace(tensor, with: weight, here, part) } else { try base.readBytes(of: tensor.name, here, into: part) }
      kernels.convert(UnsafeRawBufferPointer(part), of: tensor.dtype, to: floats)
      try change(block, floats.baseAddress!)
      kernels.convert(UnsafeBufferPointer(floats), to: tensor.dtype, in: part)
      let wanted = here.clamped(to: range)
      UnsafeMutableRawBufferPointer(rebasing: destination[(wanted.lowerBound - range.lowerBound)..<(wanted.upperBound - range.lowerBound)])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: part[(wanted.lowerBound - here.lowerBound)..<(wanted.upperBound - here.lowerBound)]))
    }
  }

  /// The bytes of another tensor in the dtype of `tensor`.
  private func replace(
    _ tensor: TensorDescriptor, with part: String, _ range: Range<Int>, _ destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) {
    let own = parts[part]!
    guard own.dtype != tensor.dtype else { return try adapter.weights.readBytes(of: part, range, into: destination) }
    let size = tensor.dtype.bits / 8
    precondition(range.lowerBound % size == 0 && range.upperBound % size == 0, "\(range) of elements of \(size) bytes")
    let step = Self.blockBytes / 4
    for first in stride(from: range.lowerBound / size, to: range.upperBound / size, by: step) {
      let elements = first..<min(first + step, range.upperBound / size)
      let values = try floats(part, elements)
      values.withUnsafeBufferPointer {
        Kernels.active.convert(
          $0, to: tensor.dtype,
          in: UnsafeMutableRawBufferPointer(
            rebasing: destination[(first * size - range.lowerBound)..<(elements.upperBound * size - range.lowerBound)]))
      }
    }
  }

  /// Elements of one of the adapter's tensors.
  fileprivate func floats(_ part: String, _ elements: Range<Int>) throws(VLMError) -> [Float] {
    let tensor = parts[part]!
    let size = tensor.dtype.bits / 8
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, elements.count * size), alignment: 64)
    defer { bytes.deallocate() }
    let used = UnsafeMutableRawBufferPointer(rebasing: bytes[..<(elements.count * size)])
    try adapter.weights.readBytes(of: part, elements.lowerBound * size..<elements.upperBound * size, into: used)
    return [Float](unsafeUninitializedCapacity: elements.count) { buffer, count in
      Kernels.active.convert(
        UnsafeRawBufferPointer(used), of: tensor.dtype, to: UnsafeMutableBufferPointer(rebasing: buffer[..<elements.count]))
      count = elements.count
    }
  }

  /// One of two matrices with the rank as its second axis, `[count, rank]`.
  fileprivate func matrix(_ factor: LoRAAdapter.Factor, rows: Range<Int>? = nil) throws(VLMError) -> (values: [Float], count: Int, rank: Int) {
    let shape = parts[factor.tensor]!.shape.dimensions
    if factor.ranksFirst {
      let (rank, count) = (shape[0], shape.dropFirst().reduce(1, *))
      let rows = rows ?? 0..<count
      var values = [Float](repeating: 0, count: rows.count * rank)
      for index in 0..<rank {
        let line = try floats(factor.tensor, index * count + rows.lowerBound..<index * count + rows.upperBound)
        for row in rows.indices { values[(row - rows.lowerBound) * rank + index] = line[row - rows.lowerBound] }
      }
      return (values, rows.count, rank)
    }
    let rows = rows ?? 0..<shape[0]
    return (try floats(factor.tensor, rows.lowerBound * shape[1]..<rows.upperBound * shape[1]), rows.count, shape[1])
  }

  /// The product of two matrices on its way into rows of a weight.
  private struct Update {
    let left: LoRAAdapter.Factor
    let right: PackedWeights
    let scale: Float
    let magnitude: String?
    let width: Int

    init(
      _ reader: AdaptedReader, _ left: LoRAAdapter.Factor, _ right: LoRAAdapter.Factor, _ scale: Float, _ magnitude: String?, width: Int
    ) throws(VLMError) {
      let matrix = try reader.matrix(right)
      self.right = PackedWeights(matrix.values, outputs: matrix.count, inputs: matrix.rank)
      (self.left, self.scale, self.magnitude, self.width) = (left, scale, magnitude, width)
    }

    /// Products of fewer rows are summed in another order, and a row has to be the same whatever it is read with.
    private static let leastRows = 16

    /// - Parameters:
    ///   - values: the rows, `[rows, width]`.
    ///   - dtype: what the product is rounded to before it is added.
    func add(
      to values: UnsafeMutablePointer<Float>, rows: Range<Int>, roundedAs dtype: DType?, of reader: AdaptedReader
    ) throws(VLMError) {
      let (matrix, tokens) = (try reader.matrix(left, rows: rows), PackedTokens())
      let count = max(rows.count, Self.leastRows)
      tokens.pack(
        matrix.values + [Float](repeating: 0, count: (count - rows.count) * matrix.rank), rows: count, width: matrix.rank, as: .float32)
      let delta = UnsafeMutablePointer<Float>.allocate(capacity: count * width)
      defer { delta.deallocate() }
      right.multiply(tokens, into: delta)
      for index in 0..<rows.count * width { delta[index] *= scale }
      if let dtype { Kernels.active.round(UnsafeMutableBufferPointer(start: delta, count: rows.count * width), as: dtype) }
      let magnitudes = try magnitude.map { (name) throws(VLMError) in try reader.floats(name, rows) }
      for row in 0..<rows.count {
        let (line, change) = (values + row * width, delta + row * width)
        for index in 0..<width { line[index] += change[index] }
        guard let magnitudes else { continue }
        // torch's norm of a row, in more digits.
        var squares = 0.0
        for index in 0..<width { squares += Double(line[index]) * Double(line[index]) }
        let factor = magnitudes[row] / Float(squares.squareRoot())
        for index in 0..<width { line[index] *= factor }
      }
    }
  }
}

extension LoRAAdapter.Change {
  /// The adapter's tensors that it is made of.
  var tensors: [String] {
    switch self {
    case .product(let left, let right, _, let magnitude, let weight):
      [left.tensor, right.tensor] + [magnitude, weight].compactMap(\.self)
    case .shift(let part, _), .replacement(let part): [part]
    }
  }
}
