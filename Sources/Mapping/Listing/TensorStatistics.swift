internal import Tensors

/// What the elements of one tensor are like.
package struct TensorStatistics: Codable, Sendable, Equatable {
  /// Of the finite elements; absent where there are none.
  package let minimum: Double?
  package let maximum: Double?
  package let mean: Double?
  /// Standard deviation, divided by the number of elements.
  package let deviation: Double?
  package let zeros: Int
  package let nans: Int
  package let infinities: Int

  init(_ moments: Moments) {
    minimum = moments.finite > 0 ? moments.minimum : nil
    maximum = moments.finite > 0 ? moments.maximum : nil
    mean = moments.mean
    deviation = moments.deviation
    zeros = moments.zeros
    nans = moments.nans
    infinities = moments.infinities
  }

  /// `12 NaN and 1 infinity`; `nil` when every element is finite.
  package var trouble: String? {
    let parts = [
      nans > 0 ? "\(nans) NaN" : nil,
      infinities > 0 ? "\(infinities) \(infinities == 1 ? "infinity" : "infinities")" : nil,
    ]
    let found = parts.compactMap { $0 }
    return found.isEmpty ? nil : found.joined(separator: " and ")
  }
}

/// What reading all data has found out.
package struct TensorFindings: Codable, Sendable, Equatable {
  /// A tensor of several elements that are all the same.
  package struct Constant: Codable, Sendable, Equatable {
    package let name: String
    package let value: Double
  }

  /// Names of tensors with elements that are NaN or infinite.
  package let notFinite: [String]
  /// Tensors of the same bytes, constant ones left out.
  package let duplicates: [[String]]
  package let constants: [Constant]
  /// Tensors whose elements are no numbers that could be looked at: blocks of a quantized type, packed bits, texts.
  package let withoutStatistics: Int
  package let bytesRead: Int
}
