/// What holds of one run on one machine, its seconds or its memory: for people to read. It is not encoded, so that results
/// are the same bytes every time and with any number of threads.
///
///     struct Summary: Encodable {
///       let text: String
///       @OfThisRun var seconds: Double
///     }
@propertyWrapper package struct OfThisRun<Value> {
  package var wrappedValue: Value

  package init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
}

extension OfThisRun: Sendable where Value: Sendable {}
extension OfThisRun: Equatable where Value: Equatable {}

extension OfThisRun: Encodable where Value: Encodable {
  package func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

extension OfThisRun: Decodable where Value: Decodable {
  package init(from decoder: any Decoder) throws {
    wrappedValue = try decoder.singleValueContainer().decode(Value.self)
  }
}

extension KeyedEncodingContainer {
  /// What synthesized encoding calls.
  package mutating func encode<Value: Encodable>(_ value: OfThisRun<Value>, forKey key: Key) throws {}
}
