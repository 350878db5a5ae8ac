internal import Tensors

extension ParameterInventory {
  /// - Parameter root: what the names start with.
  mutating func addVision(_ vision: VisionConfiguration, _ root: String) {
    let width = vision.width
    add("\(root).patch_embedding.weight", [width, vision.patchValues], .vision, .convolution)
    if vision.patchBias { add("\(root).patch_embedding.bias", [width], .vision, .bias) }
    if vision.hasClassToken { add("\(root).class_embedding", [width], .vision, .embedding) }
    if let registers = vision.registers, registers > 0 {
      add("\(root).registers", [registers, width], .vision, .embedding)
    }
    if vision.position.isLearned, let grid = vision.nativeGrid {
      let hasRow = vision.hasClassToken && vision.classTokenHasPosition != false
      let positions = grid * grid + (hasRow ? 1 : 0)
      add("\(root).position_embedding.weight", [positions, width], .vision, .embedding)
    }
    if vision.hasPreNorm { addNorm("\(root).pre_norm", vision.norm, width, .vision) }
    for index in 0..<vision.depth { addVisionBlock("\(root).blocks.\(index)", vision) }
    if vision.hasFinalNorm { addNorm("\(root).norm", vision.norm, width, .vision) }
    if vision.pooling == .attention {
      add("\(root).pooling.probe", [width], .vision, .embedding)
      for part in ["query", "key", "value", "output"] {
        addLinear("\(root).pooling.attention.\(part)", width, width, bias: true, .vision)
      }
      addNorm("\(root).pooling.norm", vision.norm, width, .vision)
      addMLP(
        "\(root).pooling.mlp", .plain, width: width, hidden: vision.mlpWidth, bias: vision.mlpBias, .vision)
    }
  }

  private mutating func addVisionBlock(_ block: String, _ vision: VisionConfiguration) {
    let width = vision.width
    addNorm("\(block).norm1", vision.norm, width, .vision)
    for part in ["query", "key", "value"] {
      let bias = part == "key" ? vision.attentionKeyBias ?? vision.attentionBias : vision.attentionBias
      addLinear("\(block).attention.\(part)", width, width, bias: bias, .vision)
    }
    if let norm = vision.queryKeyNorm {
      addNorm("\(block).attention.query_norm", norm, width, .vision)
      addNorm("\(block).attention.key_norm", norm, width, .vision)
    }
    addLinear(
      "\(block).attention.output", width, width, bias: vision.attentionOutputBias ?? vision.attentionBias,
      .vision)
    if vision.layerScale == true { add("\(block).scale1", [width], .vision, .norm) }
    addNorm("\(block).norm2", vision.norm, width, .vision)
    addMLP("\(block).mlp", vision.mlp, width: width, hidden: vision.mlpWidth, bias: vision.mlpBias, .vision)
    if vision.layerScale == true { add("\(block).scale2", [width], .vision, .norm) }
  }
}
