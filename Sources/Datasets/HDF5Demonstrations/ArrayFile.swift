package import Tensors

/// A file of named arrays in groups, as HDF5 is; what the demonstration reader needs of it.
package protocol ArrayFile: Sendable {
  var path: String { get }

  /// Names below a group, in no particular order; `nil` when there is no such group.
  func members(of group: String) throws(VLMError) -> [String]?

  /// What an array is, without reading it; `nil` when there is none of that name.
  func facts(of array: String) throws(VLMError) -> ArrayFacts?

  /// A string attribute; `nil` when it is not there or no string.
  func text(attribute: String, of object: String) throws(VLMError) -> String?

  /// Rows of a numeric array as f64, row-major.
  func numbers(_ array: String, rows: Range<Int>) throws(VLMError) -> [Double]

  /// Rows of an array of bytes.
  func bytes(_ array: String, rows: Range<Int>) throws(VLMError) -> [UInt8]

  /// All elements of an array of strings.
  func strings(_ array: String) throws(VLMError) -> [String]
}

/// Extents and kind of an array.
package struct ArrayFacts: Sendable, Equatable {
  package enum Kind: Sendable, Equatable { case bytes, numbers, strings, other }
  package let extents: [Int]
  package let kind: Kind

  package init(extents: [Int], kind: Kind) {
    self.extents = extents
    self.kind = kind
  }

  /// (T, H, W, 3) bytes.
  package var isImages: Bool { kind == .bytes && extents.count == 4 && extents[3] == 3 }

  /// (T) or (T, d) numbers.
  package var isVectors: Bool {
    (kind == .numbers || kind == .bytes) && (extents.count == 1 || extents.count == 2)
  }

  package var rows: Int { extents.first ?? 0 }
  package var width: Int { extents.count == 2 ? extents[1] : 1 }
}
