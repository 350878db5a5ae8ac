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
  /// A learned table over the native patch grid (class token first when there is one), bicubically
  /// interpolated to other sizes.
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

/// Schemes of drawing parameters before training, by the library class that has them.
public enum InitializationKind: String, Codable, Sendable {
  /// Weights and tables normal with `initializerRange`, biases zero, gains one.
  case normal
  /// `CLIPPreTrainedModel`: deviations by width and depth.
  case clip
  /// `SiglipPreTrainedModel`: Xavier uniform layers, LeCun normal patches.
  case siglip
}
