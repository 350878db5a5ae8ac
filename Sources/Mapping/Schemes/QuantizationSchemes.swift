package import Tensors

/// The schemes that the runtime has products for; the first is what `quantize` takes when it is not told.
package enum QuantizationSchemes {
  package static let all: [any SymmetricScheme] = [W8A8(), W8A16()]

  /// The scheme called `id`; throws `schemeUnknown` naming those that exist.
  package static func scheme(_ id: String) throws(VLMError) -> any SymmetricScheme {
    guard let scheme = all.first(where: { $0.id == id }) else {
      throw VLMError(
        .schemeUnknown, "no scheme is called \(id)", remedy: "use " + all.map(\.id).joined(separator: " or "))
    }
    return scheme
  }
}
