/// A file of a container whose checkpoints an index spreads over several files.
package protocol WeightFile: ResidentReader {
  var path: String { get }
  /// As listings call it: `safetensors`.
  var container: String { get }
  /// What the file says besides.
  var metadata: [String: String] { get }

  func contains(_ name: String) -> Bool
}
