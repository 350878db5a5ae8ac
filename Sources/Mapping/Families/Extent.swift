internal import Files
internal import Tensors

/// An extent in a family file: a number, a product of configuration fields (`language.heads *
/// language.headWidth`), or `*`, whatever is left.
package enum Extent: Sendable, Equatable {
  case fixed(Int)
  case product([String])
  case rest

  init?(_ value: JSONValue) {
    if let number = value.intValue, number >= 0 {
      self = .fixed(number)
    } else if let text = value.stringValue {
      if text == "*" {
        self = .rest
      } else {
        let factors = text.split(separator: "*", omittingEmptySubsequences: false).map {
          String($0.trimmingSpaces)
        }
        guard factors.allSatisfy({ Int($0) != nil || ConfigurationSymbols.isName($0) }) else { return nil }
        self = .product(factors)
      }
    } else {
      return nil
    }
  }
}

extension StringProtocol {
  var trimmingSpaces: SubSequence {
    var part = self[startIndex..<endIndex]
    while part.first == " " { part = part.dropFirst() }
    while part.last == " " { part = part.dropLast() }
    return part
  }
}

/// Whole numbers of a `ModelConfiguration` under dotted names such as `vision.patchSize`.
struct ConfigurationSymbols: Sendable {
  private let values: JSONValue

  init(_ configuration: ModelConfiguration) { values = configuration.jsonValue }

  /// A list of whole numbers.
  func list(_ name: String) -> [Int] { values.at(name)?.arrayValue?.compactMap(\.intValue) ?? [] }

  static func isName(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count >= 2
      && parts.allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isLetter || $0.isNumber } }
  }

  /// Extents as numbers; one `*` takes what is left of `count`.
  func resolve(_ extents: [Extent], count: Int) throws(VLMError) -> [Int] {
    var known = 1
    var resolved: [Int?] = []
    for extent in extents {
      switch extent {
      case .fixed(let value): resolved.append(value)
      case .rest: resolved.append(nil)
      case .product(let names):
        var product = 1
        for name in names {
          guard let value = Int(name) ?? values.at(name)?.intValue else {
            throw TensorLayout.unsupported("this model has no \(name)")
          }
          let (next, overflow) = product.multipliedReportingOverflow(by: value)
          guard !overflow else { throw TensorLayout.unsupported("extents overflow") }
          product = next
        }
        resolved.append(product)
      }
      if let last = resolved.last ?? nil {
        let (next, overflow) = known.multipliedReportingOverflow(by: last)
        guard !overflow else { throw TensorLayout.unsupported("extents overflow") }
        known = next
      }
    }
    guard resolved.contains(nil) else { return resolved.map { $0! } }
    guard known > 0, count % known == 0 else {
      throw TensorLayout.unsupported("\(count) elements do not divide into rows of \(known)")
    }
    return resolved.map { $0 ?? count / known }
  }
}
