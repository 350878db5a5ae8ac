/// The picture files that can be read, told apart by their first bytes.
package enum ImageFormat: String, Sendable, CaseIterable {
  case jpeg
  case png

  /// The format whose signature `bytes` starts with, or `nil`.
  package init?(signatureOf bytes: some Collection<UInt8>) {
    guard let format = Self.allCases.first(where: { bytes.starts(with: $0.signature) }) else { return nil }
    self = format
  }

  private var signature: [UInt8] {
    switch self {
    case .jpeg: [0xFF, 0xD8, 0xFF]
    case .png: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    }
  }
}
