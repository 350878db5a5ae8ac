package import Mapping
package import Tensors

/// A linear layer on its way into few bits, whatever codes a format has: what becomes of it, and what that costs.
package protocol LayerQuantizer: Sendable {
  /// Of its weight in the output.
  var name: String { get }
  /// What manifests say was done to it.
  var step: ConversionStep { get }
  /// Memory that making one slice takes beside the writer's buffers.
  var scratchByteCount: Int { get }
  /// What rounding cost the whole layer; makes what this run has not made.
  func loss() throws -> LossSums
}
