/// The extents of a tensor, outermost first; `[]` is a scalar.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The extents, outermost first.
  public let dimensions: [Int]

  /// Number of elements; 1 for a scalar, 0 when any extent is 0.
  public let count: Int

  /// Makes a shape from extents that come from a file.
  ///
  /// Returns `nil` when an extent is negative or the product of those that are not 0 does not fit `Int`, so that the
  /// product of some of the extents always does.
  package init?(validating dimensions: [Int]) {
    var product = 1
    for extent in dimensions where extent != 0 {
      guard extent > 0 else { return nil }
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      guard !overflow else { return nil }
      product = next
    }
    self.dimensions = dimensions
    count = dimensions.contains(0) ? 0 : product
  }

  /// Makes a shape from extents the program chose; traps when they are negative or overflow.
  package init(_ dimensions: [Int]) {
    guard let shape = Shape(validating: dimensions) else {
      preconditionFailure("no such shape: \(dimensions)")
    }
    self = shape
  }

  /// `[3, 4]`; traps as `init(_:)` does.
  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// How many extents there are; 0 for a scalar.
  public var rank: Int { dimensions.count }

  /// The extent along an axis; traps where there is none.
  public subscript(axis: Int) -> Int { dimensions[axis] }

  /// Bytes that `count` elements of `dtype` take, or `nil` when they overflow or do not fill whole bytes.
  package func byteCount(of dtype: DType) -> Int? {
    let (bits, overflow) = count.multipliedReportingOverflow(by: dtype.bits)
    return overflow || bits % 8 != 0 ? nil : bits / 8
  }

  /// `[3, 4]`.
  public var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }
}
