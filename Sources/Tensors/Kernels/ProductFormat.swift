/// What a product multiplies.
package enum ProductFormat: String, CaseIterable, Sendable {
  /// f32 by f32.
  case float32
  /// int8 tokens, one scale each, by int8 weights, one scale a row; sums are exact 32-bit integers.
  case int8
}
