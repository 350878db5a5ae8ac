internal import Tensors

/// `y = x Wᵀ + b`, with weights in f32.
struct Linear: Sendable {
  /// `[outputs, inputs]`
  let weight: FloatTensor
  /// `[outputs]`
  let bias: FloatTensor?

  var inputs: Int { weight.shape[1] }
  var outputs: Int { weight.shape[0] }

  /// Loads one layer, or several that share their input stacked into one product (query, key and value, say).
  ///
  /// - Parameter widths: output width of each of `names`.
  init(_ names: [String], inputs: Int, widths: [Int], from source: some ParameterSource) throws {
    let total = widths.reduce(0, +)
    let biased = names.filter { source.has("\($0).bias") }
    weight = try FloatTensor([total, inputs]) { destination in
      var row = 0
      for (name, width) in zip(names, widths) {
        let part = try source.floats("\(name).weight", [width, inputs])
        destination.baseAddress!.advanced(by: row * inputs).update(from: part.base, count: part.shape.count)
        row += width
      }
    }
    bias = biased.isEmpty ? nil : try FloatTensor([total]) { destination in
      var row = 0
      for (name, width) in zip(names, widths) {
        if source.has("\(name).bias") {
          let part = try source.floats("\(name).bias", [width])
          destination.baseAddress!.advanced(by: row).update(from: part.base, count: width)
        }
        row += width
      }
    }
  }

  init(_ name: String, inputs: Int, outputs: Int, from source: some ParameterSource) throws {
    try self.init([name], inputs: inputs, widths: [outputs], from: source)
  }

  /// Writes `x Wᵀ + b` to `y`, or adds it to what is there when `accumulating`.
  ///
  /// - Parameters:
  ///   - x: `[rows, inputs]`
  ///   - y: `[rows, outputs]`
  func callAsFunction(
    _ x: UnsafePointer<Float>, rows: Int, into y: UnsafeMutablePointer<Float>, accumulating: Bool = false
  ) {
    Stopgap.gemm(
      x, weight.base, bias?.base, rows: rows, inputs: inputs, outputs: outputs, into: y, accumulating: accumulating)
  }
}
