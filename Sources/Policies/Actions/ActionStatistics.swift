package import Files
internal import Foundation
package import Tensors

/// Ranges of recorded actions, by dimension: what quantile normalisation goes by.
///
/// As OpenVLA and VLM4VLA keep them: `{"action": {"mean", "std", "max", "min", "q01", "q99"}, ...}`, or the same under the name
/// of a data set.
package struct ActionStatistics: Sendable, Equatable {
  package var q01: [Double]
  package var q99: [Double]
  package var min: [Double]
  package var max: [Double]
  /// Dimensions that are normalised; the others pass as they are. VLM4VLA's own files have none and normalise all.
  package var mask: [Bool]?

  package init(q01: [Double], q99: [Double], min: [Double], max: [Double], mask: [Bool]? = nil) {
    self.q01 = q01
    self.q99 = q99
    self.min = min
    self.max = max
    self.mask = mask
  }

  /// Dimensions of an action.
  package var count: Int { q01.count }

  /// Statistics of `actions`, `[rows, width]`: quantiles are interpolated as NumPy does by default.
  package init(of actions: [Double], width: Int) {
    precondition(width > 0 && actions.count % width == 0 && !actions.isEmpty)
    let columns = (0..<width).map { column in
      stride(from: column, to: actions.count, by: width).map { actions[$0] }.sorted()
    }
    self.init(
      q01: columns.map { Self.quantile(0.01, of: $0) }, q99: columns.map { Self.quantile(0.99, of: $0) },
      min: columns.map { $0[0] }, max: columns.map { $0[$0.count - 1] })
  }

  /// `numpy.quantile(sorted, level)`: linear between the two values around `level * (n - 1)`, from the nearer of the two.
  static func quantile(_ level: Double, of sorted: [Double]) -> Double {
    let place = level * Double(sorted.count - 1)
    let lower = Int(place)
    let (a, b) = (sorted[lower], sorted[Swift.min(lower + 1, sorted.count - 1)])
    let t = place - Double(lower)
    return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t)
  }

  /// Reads a statistics file.
  ///
  /// - Parameter dataset: the name it stands under, where a file has those of several.
  /// - Throws: `policies.actions.statistics` when it is malformed, or holds several data sets and none is named.
  package init(reading path: String, dataset: String? = nil) throws(VLMError) {
    let data: Data
    do { data = try Data(contentsOf: URL(filePath: path)) } catch {
      throw VLMError(.actionStatistics, "the statistics of actions cannot be read", file: path, cause: error)
    }
    try self.init(try JSONValue(parsing: data, file: path, code: .actionStatistics), file: path, dataset: dataset)
  }

  package init(_ json: JSONValue, file: String, dataset: String? = nil) throws(VLMError) {
    var block = json
    if json["action"] == nil || dataset != nil {
      let named = (json.objectValue ?? [:]).filter { $0.value["action"] != nil }
      guard let name = dataset ?? (named.count == 1 ? named.keys.first : nil), let found = named[name] else {
        throw VLMError(
          .actionStatistics,
          named.isEmpty
            ? "the file has no \"action\" with q01 and q99"
            : dataset.map { "the file has no statistics of \($0)" } ?? "the file has the statistics of \(named.count) data sets",
          file: file,
          remedy: named.isEmpty
            ? "give the dataset_statistics.json that the policy was trained with"
            : "name one of \(named.keys.sorted().prefix(8).joined(separator: ", "))")
      }
      block = found
    }
    let action = block["action"]!
    func numbers(_ key: String) throws(VLMError) -> [Double] {
      let values = action[key]?.arrayValue?.map(\.doubleValue)
      guard let values, !values.isEmpty, values.allSatisfy({ $0?.isFinite == true }) else {
        throw VLMError(.actionStatistics, "action.\(key) is not a list of finite numbers", file: file)
      }
      return values.map { $0! }
    }
    let q01 = try numbers("q01")
    self.init(q01: q01, q99: try numbers("q99"), min: try numbers("min"), max: try numbers("max"))
    if let flags = action["mask"]?.arrayValue { mask = flags.compactMap(\.boolValue) }
    for (name, count) in [("q99", q99.count), ("min", min.count), ("max", max.count), ("mask", mask?.count ?? q01.count)]
    where count != q01.count {
      throw VLMError(.actionStatistics, "action.\(name) has \(count) values, q01 has \(q01.count)", file: file)
    }
    for column in q01.indices where q99[column] < q01[column] {
      throw VLMError(.actionStatistics, "q99 of dimension \(column) is below its q01", file: file)
    }
  }

  package var json: JSONValue {
    func list(_ values: [Double]) -> JSONValue { .array(values.map { .double($0) }) }
    var action = ["q01": list(q01), "q99": list(q99), "min": list(min), "max": list(max)]
    action["mask"] = mask.map { .array($0.map { .bool($0) }) }
    return .object(["action": .object(action)])
  }
}
