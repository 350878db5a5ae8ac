/// What holds of one run on one machine, its seconds or its memory: for people to read. It is not encoded, so that results
/// are the same bytes every time and with any number of threads.
///
///     struct Summary: Encodable {
///       let text: String
///       @OfThisRun var seconds: Double
///     }
@propertyWrapper public struct OfThisRun<Value> {
  public var wrappedValue: Value

  public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
}

extension OfThisRun: Sendable where Value: Sendable {}
extension OfThisRun: Equatable where Value: Equatable {}

extension OfThisRun: Encodable where Value: Encodable {
  public func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

extension OfThisRun: Decodable where Value: Decodable {
  public init(from decoder: any Decoder) throws {
    wrappedValue = try decoder.singleValueContainer().decode(Value.self)
  }
}

extension KeyedEncodingContainer {
  /// What synthesized encoding calls.
  public mutating func encode<Value: Encodable>(_ value: OfThisRun<Value>, forKey key: Key) throws {}
}
