internal import Tensors

/// What the elements of one tensor are like.
public struct TensorStatistics: Codable, Sendable, Equatable {
  /// Of the finite elements; absent where there are none.
  public let minimum: Double?
  public let maximum: Double?
  public let mean: Double?
  /// Standard deviation, divided by the number of elements.
  public let deviation: Double?
  public let zeros: Int
  public let nans: Int
  public let infinities: Int

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
  public var trouble: String? {
    let parts = [
      nans > 0 ? "\(nans) NaN" : nil,
      infinities > 0 ? "\(infinities) \(infinities == 1 ? "infinity" : "infinities")" : nil,
    ]
    let found = parts.compactMap { $0 }
    return found.isEmpty ? nil : found.joined(separator: " and ")
  }
}

/// What reading all data has found out.
public struct TensorFindings: Codable, Sendable, Equatable {
  /// A tensor of several elements that are all the same.
  public struct Constant: Codable, Sendable, Equatable {
    public let name: String
    public let value: Double
  }

  /// Names of tensors with elements that are NaN or infinite.
  public let notFinite: [String]
  /// Tensors of the same bytes, constant ones left out.
  public let duplicates: [[String]]
  public let constants: [Constant]
  /// Tensors whose elements are no numbers that could be looked at: blocks of a quantized type, packed bits, texts.
  public let withoutStatistics: Int
  public let bytesRead: Int
}
