public enum NormKind: String, Codable, Sendable { case layerNorm, rmsNorm }

/// Activation functions under their transformers names.
public enum ActivationKind: String, Codable, Sendable {
  case gelu
  case geluTanh = "gelu_pytorch_tanh"
  case quickGelu = "quick_gelu"
  case silu
  case relu
}

public enum MLPKind: String, Codable, Sendable {
  /// `down(act(up(x)))`
  case plain
  /// `down(act(gate(x)) * up(x))`
  case gated
}

public enum PositionKind: String, Codable, Sendable {
  /// A learned table over the native patch grid (class token first when there is one), bicubically interpolated to
  /// other sizes.
  case learned
  /// Rotary over (row, column) of each patch.
  case rotary2D = "rotary_2d"
}

public enum PoolingKind: String, Codable, Sendable {
  case none
  /// Class token through the final norm (CLIP).
  case classToken = "class_token"
  /// One learned query attending to all tokens, then norm and MLP (SigLIP).
  case attention
}
