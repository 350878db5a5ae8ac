internal import Checkpoints
package import Tensors

/// Powers of two for the rows and columns of a parameter.
package struct RescaledParameter: Sendable, Equatable {
  /// Of each step along the first axis (output channels); empty: none.
  package var rows: [Int8]
  /// Of each element along the last axis (input channels); empty: none.
  package var columns: [Int8]

  package init(rows: [Int8] = [], columns: [Int8] = []) { (self.rows, self.columns) = (rows, columns) }
}

extension ConversionPlan {
  /// Multiplies parameters by powers of two, in whatever order and company the layout stores them.
  ///
  /// Floats stay exact: a power of two moves the exponent alone.
  ///
  /// - Parameter factors: by the runtime's names; rows of as many as the parameter has along its first axis, columns along its last.
  package mutating func rescale(_ factors: [String: RescaledParameter]) throws(VLMError) {
    let reader = ExponentReader(source, factors)
    let layouts = try layoutsOfParameters()
    for index in entries.indices where entries[index].parameters.contains(where: { factors[$0] != nil }) {
      guard let layout = layouts[entries[index].name] else { preconditionFailure("\(entries[index].name) has no layout") }
      entries[index].tensors = entries[index].tensors.map { $0.rescaled(layout, by: reader) }
      entries[index].steps.append(.rescaled)
    }
  }

  /// By the written names: where in the runtime's parameters every element of a tensor comes from.
  private func layoutsOfParameters() throws(VLMError) -> [String: TensorLayout] {
    let parameters = source.parameters.mapValues { TensorLayout(source: $0.name, shape: $0.shape.dimensions) }
    guard !format.isRuntime, let family else { return parameters }
    let names = Set(source.layouts.keys)
    var result: [String: TensorLayout] = [:]
    let claims = try FamilyMapping(family, source.configuration).invert(parameters.filter { names.contains($0.key) })
    for (claim, layouts) in claims {
      let prefix = format.prefix(source.inventory[claim.parameters[0]]?.component ?? .other)
      for (name, layout) in zip(claim.sources, layouts) {
        var layout = layout
        layout.scale = 1
        result[prefix + name] = layout
      }
    }
    return result
  }
}

extension PlannedTensor {
  /// The same with every element times 2 to the power that `reader` has in its place.
  fileprivate func rescaled(_ layout: TensorLayout, by reader: ExponentReader) -> PlannedTensor {
    let (dtype, elements) = (descriptor.dtype, descriptor.shape.count / rows)
    return PlannedTensor(descriptor: descriptor, rows: rows, rowsPerSlice: rowsPerSlice) { rows, destination in
      try withUnsafeTemporaryAllocation(byteCount: max(self.sourceRowByteCount * rows.count, 1), alignment: 64) { source in
        try self.produce(
          rows, destination, source: UnsafeMutableRawBufferPointer(rebasing: source[..<(self.sourceRowByteCount * rows.count)]))
      }
      try withUnsafeTemporaryAllocation(of: Int8.self, capacity: max(rows.count * elements, 1)) { exponents in
        let exponents = UnsafeMutableBufferPointer(rebasing: exponents[..<(rows.count * elements)])
        try layout.copyElements(
          (rows.lowerBound * elements)..<(rows.upperBound * elements), of: .i8, from: reader,
          into: UnsafeMutableRawBufferPointer(exponents))
        Kernels.rescale(destination, of: dtype, by: UnsafeBufferPointer(exponents))
      }
    }
  }
}

/// The exponents of every element of the runtime's parameters, as a checkpoint of bytes.
private struct ExponentReader: CheckpointReader {
  let tensors: [TensorDescriptor]
  private let path: String
  private let extents: [String: (rows: Int, columns: Int)]
  private let factors: [String: RescaledParameter]

  init(_ source: MappedCheckpoint, _ factors: [String: RescaledParameter]) {
    tensors = source.parameters.values.map { TensorDescriptor(name: $0.name, dtype: .i8, shape: $0.shape) }
      .sorted { $0.name < $1.name }
    path = source.path
    extents = source.parameters.mapValues { parameter in
      let shape = parameter.shape.dimensions
      // A vector is a column of rows.
      return shape.count < 2 ? (parameter.shape.count, 1) : (shape.dropLast().reduce(1, *), shape.last!)
    }
    self.factors = factors
    for (name, factor) in factors {
      guard let (rows, columns) = extents[name] else { preconditionFailure("no parameter \(name)") }
      precondition(factor.rows.isEmpty || factor.rows.count == rows, "\(name): \(factor.rows.count) rows of \(rows)")
      precondition(factor.columns.isEmpty || factor.columns.count == columns, "\(name): \(factor.columns.count) columns of \(columns)")
    }
  }

  func file(of name: String) -> String { path }

  func withBytes<R>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    guard let (rows, columns) = extents[name] else { preconditionFailure("no parameter \(name)") }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: rows * columns, alignment: 64)
    defer { buffer.deallocate() }
    try readBytes(of: name, 0..<(rows * columns), into: buffer)
    return try body(UnsafeRawBufferPointer(buffer))
  }

  func readBytes(
    of name: String, _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) {
    guard let factor = factors[name], let (_, columns) = extents[name] else {
      destination.initializeMemory(as: UInt8.self, repeating: 0)
      return
    }
    let exponents = destination.bindMemory(to: Int8.self)
    var place = range.lowerBound
    while place < range.upperBound {
      let (row, first) = place.quotientAndRemainder(dividingBy: columns)
      let count = min(columns - first, range.upperBound - place)
      let own = UnsafeMutableBufferPointer(rebasing: exponents[(place - range.lowerBound)..<(place - range.lowerBound + count)])
      if factor.columns.isEmpty {
        own.update(repeating: 0)
      } else {
        _ = own.update(fromContentsOf: factor.columns[first..<first + count])
      }
      if !factor.rows.isEmpty {
        let power = factor.rows[row]
        if power != 0 { for index in own.indices { own[index] += power } }
      }
      place += count
    }
  }
}
