import Foundation
import Testing

/// Values of the other rooms' report types, written as the JSON they are encoded to.
enum Fixed {
  static func value<Value: Decodable>(_ type: Value.Type, _ json: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(json.utf8))
  }
}
