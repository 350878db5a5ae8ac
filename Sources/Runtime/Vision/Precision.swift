/// In which arithmetic linear layers run; everything else is f32.
public enum Precision: String, Codable, Sendable, CaseIterable {
  /// As the checkpoint stores them: int8 weights as their scheme says, any float in f32.
  case stored
  /// f32, int8 weights multiplied by their scales.
  case float32
  /// W8A8: int8 weights per output channel, activations quantized per token; float weights are quantized on load.
  case int8
}
