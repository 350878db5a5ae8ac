internal import Files
internal import Foundation
internal import Tensors

/// A row of a file of questions, as it stands there.
struct QuestionRow {
  let file: String
  /// `line 3`, or `row 2` of a table, whose rows count from 0.
  let place: String
  let members: [String: JSONValue]
  /// Where a table's `image_bytes` of the row are.
  var table: (file: ParquetFile, row: Int, pictures: Int)?

  func failure(_ message: String, _ field: String? = nil, remedy: String) -> VLMError {
    var place = place
    if let id = members["id"]?.stringValue { place += " (\(id))" }
    return VLMError(
      .questionMalformed, message, file: file, tensor: field.map { "\(place), \($0)" } ?? place, remedy: remedy)
  }

  /// All rows of a file; of a table without its pictures.
  ///
  /// - Throws: `jarvis.question.file` for another kind of file, and what is wrong with its JSON or Parquet, with the line.
  static func all(in path: String) throws(VLMError) -> [QuestionRow] {
    let file = try MappedFile(path)
    let head = try file.bytes(0..<min(4, file.byteCount))
    if head.starts(with: "PAR1".utf8) { return try table(path) }
    // What begins as JSON is told by its own reader where it is none.
    if let first = head.first, !"{[ \t\r\n".utf8.contains(first), !head.starts(with: JSONLines.byteOrderMark) {
      throw FileKind(file)?.error(path, wanted: wanted)
        ?? VLMError(.questionFile, "is neither JSON nor Parquet", file: path, remedy: "give \(wanted)")
    }
    let bytes = try file.resident(0..<file.byteCount)
    defer { withExtendedLifetime(bytes) {} }
    return try lines(bytes.bytes, path)
  }

  private static let wanted = "a row of JSON a line, or a Parquet table"

  // MARK: JSON lines

  private static func lines(_ bytes: UnsafeRawBufferPointer, _ path: String) throws(VLMError) -> [QuestionRow] {
    var rows: [QuestionRow] = []
    try JSONLines.forEach(bytes, file: path) { (number, value) throws(VLMError) in
      guard let members = value.objectValue else {
        let isList = value.arrayValue != nil
        throw VLMError(
          .questionFile, "is \(value.summary) where a row, an object, should be", file: path, tensor: "line \(number)",
          remedy: isList ? "write a row a line: jq -c '.[]' turns a list into that" : "write a row of JSON a line")
      }
      rows.append(QuestionRow(file: path, place: "line \(number)", members: members))
    }
    return rows
  }

  // MARK: Parquet

  private static let columns = ["id", "label", "source", "image", "conversations", "options"]
  private static let batch = 512

  private static func table(_ path: String) throws(VLMError) -> [QuestionRow] {
    let file = try ParquetFile(path)
    let known = columns.filter(file.hasField)
    for name in ["id", "conversations"] { _ = try file.field([name]) }
    let pictures = file.hasField("image_bytes") ? try file.column("image_bytes") : nil
    var rows: [QuestionRow] = []
    rows.reserveCapacity(file.rows)
    for first in stride(from: 0, to: file.rows, by: batch) {
      let range = first..<min(first + batch, file.rows)
      var members = [[String: JSONValue]](repeating: [:], count: range.count)
      for name in known {
        for (index, value) in try file.values(file.field([name]), rows: range).enumerated() {
          members[index][name] = JSONValue(value)
        }
      }
      for (index, members) in members.enumerated() {
        rows.append(QuestionRow(file: path, place: "row \(first + index)", members: members))
      }
    }
    guard let pictures else { return rows }
    // A few at a time: they are looked at where a question needs them, and only counted here.
    for first in stride(from: 0, to: file.rows, by: 16) {
      let range = first..<min(first + 16, file.rows)
      let found = try file.bytes(pictures, rows: range)
      for row in range { rows[row].table = (file, row, found[row - first].count) }
    }
    return rows
  }
}

/// JSON, a value a line.
enum JSONLines {
  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// Gives each line that is not blank with its number, from 1.
  ///
  /// - Throws: what is wrong with a line's JSON, with its number; what `body` throws.
  static func forEach(
    _ bytes: UnsafeRawBufferPointer, file: String, _ body: (_ number: Int, _ value: JSONValue) throws(VLMError) -> Void
  ) throws(VLMError) {
    var (start, number) = (bytes.starts(with: byteOrderMark) ? byteOrderMark.count : 0, 0)
    while start < bytes.count {
      number += 1
      let end = bytes[start...].firstIndex(of: 0x0A) ?? bytes.count
      defer { start = end + 1 }
      let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
      if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
      let value: JSONValue
      do throws(VLMError) {
        var scanner = JSONScanner(line, file: file, fileOffset: start)
        value = try JSONValue(&scanner)
        try scanner.end()
      } catch {
        var placed = error
        placed.tensor = "line \(number)"
        placed.remedy = placed.remedy ?? "mend the line: it is no strict JSON (NaN is none)"
        throw placed
      }
      try body(number, value)
    }
  }
}

extension JSONValue {
  /// What a table has, as a line of JSON would say it; bytes that are no text are none.
  init(_ value: ParquetValue) {
    self =
      switch value {
      case .null: .null
      case .bool(let value): .bool(value)
      case .integer(let value): .int(value)
      case .number(let value): .double(value)
      case .text(let value): .string(value)
      case .bytes(let bytes): String(validating: bytes, as: UTF8.self).map(JSONValue.string) ?? .null
      case .list(let values): .array(values.map { JSONValue($0) })
      case .structure(let members): .object(members.mapValues { JSONValue($0) })
      }
  }
}
