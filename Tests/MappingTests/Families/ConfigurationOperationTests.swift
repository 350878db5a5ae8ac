import Files
import Foundation
import Tensors
import Testing

@testable import Mapping

/// Operations of expressions over lists of places; the others are tested by the families that use them.
@Suite struct ConfigurationOperationTests {
  private func value(_ expression: String, of section: String) throws -> JSONValue? {
    func parsed(_ text: String) throws(VLMError) -> JSONValue {
      try JSONValue(parsing: Data(text.utf8), file: "f.json5", code: .familySyntax)
    }
    let section = try parsed(section)
    let scope = ConfigurationScope(root: section, section: section, tensors: [], file: "f.json5")
    return try scope.evaluate(
      try ConfigurationExpression(try parsed(expression), file: "f.json5", field: "vision.x"), field: "vision.x")
  }

  @Test(arguments: [
    ("{ count: '$.list' }", "3"), ("{ count: '$.none' }", nil),
    ("{ every: ['$.step', '$.depth'] }", "[1, 3]"), ("{ every: [8, 32] }", "[7, 15, 23, 31]"),
    ("{ every: [8, 7] }", "[]"), ("{ every: ['$.none', 32] }", nil),
    ("{ marked: '$.marks' }", "[0, 2]"), ("{ marked: '$.none' }", nil),
    ("{ marks: ['$.list', '$.depth'] }", "[true, false, true, false]"), ("{ marks: [{ list: [] }, 2] }", "[false, false]"),
    ("{ marks: ['$.none', 2] }", nil),
  ] as [(String, String?)])
  func listsOfPlaces(expression: String, wanted: String?) throws {
    let found = try value(
      expression, of: "{ list: [0, 2, 9], step: 2, depth: 4, marks: [true, false, true, false] }")
    let answer = try wanted.map { try JSONValue(parsing: Data($0.utf8), file: "", code: .familySyntax) }
    #expect(found == answer, "\(expression)")
  }

  @Test(arguments: [
    "{ every: [0, 4] }", "{ every: [2, 'many'] }", "{ every: [2, 99999999999] }", "{ marks: [{ list: [] }, -1] }",
  ]) func whatIsNoNumberOfPlaces(expression: String) {
    let error = #expect(throws: VLMError.self) { try value(expression, of: "{}") }
    #expect(error?.code == .configValue)
  }
}
