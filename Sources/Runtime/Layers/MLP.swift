internal import Mapping
internal import Tensors

/// A block's feed-forward part: `down(act(up(x)))`, or gated `down(act(gate(x)) * up(x))`.
struct MLP: Sendable {
  let kind: MLPKind
  let activation: ActivationKind
  /// `[hidden, width]`, or gate over up `[2 * hidden, width]`.
  let up: Linear
  /// `[width, hidden]`
  let down: Linear

  init(
    _ name: String, kind: MLPKind, activation: ActivationKind, width: Int, hidden: Int,
    from source: some ParameterSource
  ) throws {
    self.kind = kind
    self.activation = activation
    switch kind {
    case .plain: up = try Linear("\(name).up", inputs: width, outputs: hidden, from: source)
    case .gated:
      up = try Linear(["\(name).gate", "\(name).up"], inputs: width, widths: [hidden, hidden], from: source)
    }
    down = try Linear("\(name).down", inputs: hidden, outputs: width, from: source)
  }

  var hidden: Int { down.inputs }

  /// Floats of scratch a token needs.
  var scratchPerToken: Int { up.outputs }

  /// Adds the MLP of `x` to `residual`; both `[rows, width]`, `scratch` is `[rows, scratchPerToken]`.
  func add(
    _ x: UnsafePointer<Float>, rows: Int, to residual: UnsafeMutablePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) {
    up(x, rows: rows, into: scratch)
    switch kind {
    case .plain: Stopgap.activate(scratch, rows * hidden, activation)
    case .gated: Stopgap.gate(scratch, rows: rows, hidden: hidden, activation)
    }
    down(scratch, rows: rows, into: residual, accumulating: true)
  }
}
