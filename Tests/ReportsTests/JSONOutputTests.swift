import Foundation
import Reports
import Testing

@Suite struct JSONOutputTests {
  struct Value: Encodable {
    var path = "a/b <\"é\">"
    var score = 0.1 + 0.2
    var missing = Double.nan
    var bounds: [Double] = [-.infinity, 1e300, .leastNonzeroMagnitude]
    var single = Float(0.1)
    var count = Int.max
    var absent: Int?
  }

  @Test func oneWayOfWriting() throws {
    #expect(
      String(decoding: try JSONOutput.data(Value(), schema: .inspect), as: UTF8.self) == """
        {
          "bounds" : [
            null,
            1e+300,
            5e-324
          ],
          "count" : 9223372036854775807,
          "missing" : null,
          "notices" : [

          ],
          "path" : "a/b <\\"é\\">",
          "schema" : "vlmtool.inspect/1",
          "score" : 0.30000000000000004,
          "single" : 0.1
        }

        """)
  }

  @Test func schemasNameTheirCommandAndVersion() throws {
    for schema in JSONSchema.allCases {
      #expect(schema.rawValue.wholeMatch(of: /vlmtool(\.[a-z]+)+\/[1-9][0-9]*/) != nil)
    }
  }
}
