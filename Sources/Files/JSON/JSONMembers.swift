package import Foundation
package import Tensors

extension Data {
  /// A JSON object without the member at a path of keys, every other byte as it was; itself where there is none.
  ///
  /// - Throws: `code` where it is no JSON5.
  package func removingMember(at path: [String], file: String, code: VLMError.Code) throws(VLMError) -> Data {
    let result: Result<Range<Int>?, VLMError> = withUnsafeBytes { bytes in
      Result { () throws(VLMError) in
        var scanner = JSONScanner(json5: bytes, file: file, code: code)
        return try scanner.member(at: path[...])
      }
    }
    guard var range = try result.get() else { return self }
    let bytes = [UInt8](self)
    let blanks: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
    let comma = UInt8(ascii: ",")
    func next(after end: Int) -> Int { bytes[end...].firstIndex { !blanks.contains($0) } ?? bytes.count }
    let end = next(after: range.upperBound)
    if end < bytes.count, bytes[end] == comma {
      range = range.lowerBound..<next(after: end + 1)
    } else if let before = bytes[..<range.lowerBound].lastIndex(where: { !blanks.contains($0) }),
      bytes[before] == comma
    {
      range = before..<range.upperBound
    }
    return Data(bytes[..<range.lowerBound] + bytes[range.upperBound...])
  }
}

extension JSONScanner {
  /// Where the member at a path stands, from its key to the end of its value.
  fileprivate mutating func member(at path: ArraySlice<String>) throws(VLMError) -> Range<Int>? {
    guard let wanted = path.first, peek() == UInt8(ascii: "{") else {
      try skipValue()
      return nil
    }
    var found: Range<Int>?
    try object { (scanner, key, start) throws(VLMError) in
      if key != wanted {
        try scanner.skipValue()
      } else if path.count == 1 {
        try scanner.skipValue()
        found = start..<scanner.position
      } else {
        found = try scanner.member(at: path.dropFirst())
      }
    }
    return found
  }
}
