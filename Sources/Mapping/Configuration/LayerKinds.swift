package enum NormKind: String, Codable, Sendable { case layerNorm, rmsNorm }

/// Activation functions under their transformers names.
package enum ActivationKind: String, Codable, Sendable {
  case gelu
  case geluTanh = "gelu_pytorch_tanh"
  case quickGelu = "quick_gelu"
  case silu
  case relu
}

package enum MLPKind: String, Codable, Sendable {
  /// `down(act(up(x)))`
  case plain
  /// `down(act(gate(x)) * up(x))`
  case gated
}

package enum PositionKind: String, Codable, Sendable {
  /// A learned table over the native patch grid (class token first when there is one), resampled to other
  /// sizes.
  case learned
  /// Rotary over (row, column) of each patch.
  case rotary2D = "rotary_2d"
  /// Rotary over where each patch's centre lies in the picture, from -1 to 1; leading tokens are not turned (DINOv3).
  case rotaryCentres2D = "rotary_centres_2d"
  /// A learned table, and rotary over (row, column) (Qwen3-VL).
  case learnedRotary2D = "learned_rotary_2d"

  /// Whether there is a position table.
  package var isLearned: Bool { [.learned, .learnedRotary2D].contains(self) }
  /// Whether queries and keys are rotated.
  package var isRotary: Bool { self != .learned }
}

/// How a position table is resampled to another patch grid.
package enum PositionResampling: String, Codable, Sendable {
  /// Keys' kernel, a = -0.75, half-pixel centres, no antialiasing.
  case bicubic
  /// The same, antialiased where the grid shrinks (DINOv2 with registers).
  case bicubicAntialias = "bicubic_antialias"
  /// Half-pixel centres, antialiased (SigLIP 2 NaFlex).
  case bilinearAntialias = "bilinear_antialias"
  /// Corner to corner (Qwen3-VL).
  case bilinearCorners = "bilinear_corners"
  /// The cell of the table that a patch's fraction of the image falls into (Idefics3).
  case bucket
}

package enum PoolingKind: String, Codable, Sendable {
  case none
  /// Class token through the final norm (CLIP).
  case classToken = "class_token"
  /// The class token of the normed tokens (DINOv2, ViT without a pooling layer).
  case normedClassToken = "normed_class_token"
  /// One learned query attending to all tokens, then norm and MLP (SigLIP).
  case attention
}

/// Schemes of drawing parameters before training, by the library class that has them.
package enum InitializationKind: String, Codable, Sendable {
  /// Weights and tables normal with `initializerRange`, biases zero, gains one.
  case normal
  /// `CLIPPreTrainedModel`: deviations by width and depth.
  case clip
  /// `SiglipPreTrainedModel`: Xavier uniform layers, LeCun normal patches.
  case siglip
}
