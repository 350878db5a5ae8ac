extension PackedWeights {
  /// The same int8 codes with the scale of every output multiplied by a factor, `[outputs]`; shares the codes' memory.
  package func scalingOutputs(by factors: FloatTensor) -> PackedWeights {
    precondition(format == .int8 && factors.shape.count == outputs, "\(factors.shape) for \(outputs) outputs")
    return PackedWeights(sharing: self, scales: zip(scales, factors.values).map { $0 * $1 })
  }
}

extension FloatTensor {
  /// `other` with row `r` multiplied by element `r` of this vector; a vector's rows are its elements.
  package func scalingRows(of other: FloatTensor) -> FloatTensor {
    precondition(shape.count == other.rowCount, "\(shape) for the rows of \(other.shape)")
    let width = other.rowWidth
    return FloatTensor(other.shape) { destination in
      for row in 0..<other.rowCount {
        for index in row * width..<(row + 1) * width { destination[index] = base[row] * other.base[index] }
      }
    }
  }
}
