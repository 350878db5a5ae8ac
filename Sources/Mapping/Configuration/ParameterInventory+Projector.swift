internal import Tensors

extension ParameterInventory {
  /// - Parameter width: channels of a vision token, of all encoders together.
  mutating func addProjector(
    _ projector: ProjectorConfiguration, _ vision: VisionConfiguration, width: Int
  ) {
    addProjection("projector", projector, width, vision, normAfterMerge: projector.normAfterMerge ?? false)
    for index in (projector.deepstackBlocks ?? []).indices {
      addProjection("projector.deepstack.\(index)", projector, width, vision, normAfterMerge: true)
    }
    if projector.kind == .latentQueries, let latents = projector.latents {
      let width = projector.outputWidth
      add("projector.latents", [latents, width], .projector, .embedding)
      for part in ["query", "key", "value", "output"] {
        addLinear("projector.attention.\(part)", width, width, bias: true, .projector)
      }
    }
    if projector.tileGrids != nil {
      add("projector.newline", [projector.outputWidth], .projector, .embedding)
    }
  }

  private mutating func addProjection(
    _ name: String, _ projector: ProjectorConfiguration, _ width: Int, _ vision: VisionConfiguration,
    normAfterMerge: Bool
  ) {
    var input = width
    switch projector.kind {
    case .merger, .pixelShuffle, .pixelShuffleIdefics:
      input *= vision.spatialMergeSize * vision.spatialMergeSize
    case .mlp, .pooledLinear, .latentQueries: break
    }
    if let norm = projector.norm {
      addNorm("\(name).norm", norm, normAfterMerge ? input : width, .projector)
    }
    for (index, width) in projector.layerWidths.enumerated() {
      addLinear("\(name).layers.\(index)", width, input, bias: projector.bias, .projector)
      input = width
    }
  }
}
