internal import ActionTokens
internal import Images
internal import Mapping
internal import Runtime
internal import Tensors

/// What becomes of a frame of the simulator.
struct PictureAudit {
  let findings: [AuditFinding]

  private static let frame = (width: 640, height: 360)
  /// Of training: 644 x 364, by Qwen2-VL's own bounds.
  private static let trained = (width: 644, height: 364, tokens: 299)

  init(_ checkpoint: MappedCheckpoint, _ vocabulary: ActionVocabulary) throws {
    let packer = PatchPacker(checkpoint.configuration)
    let frame = RGBImage(
      width: Self.frame.width, height: Self.frame.height,
      pixels: [UInt8](repeating: 127, count: Self.frame.width * Self.frame.height * 3))
    let prepared: PreparedImage
    do {
      prepared = try ImageProcessorRegistry.open(checkpoint, packer: packer).prepare(frame)
    } catch let error as VLMError {
      findings = [AuditFinding("picture.size", .failed, "no frame can be prepared: \(error)")]
      return
    }
    let merged = packer.mergeSize * packer.mergeSize
    let tokens = prepared.tiles.reduce(0) { $0 + $1.grid.count / merged }
    guard vocabulary == .qwen2VL, let grid = prepared.tiles.first?.grid else {
      findings = [AuditFinding("picture.size", .note, "a frame of 640x360 becomes \(prepared.tiles.count) tiles")]
      return
    }
    let (width, height) = (grid.columns * packer.patchSize, grid.rows * packer.patchSize)
    findings = [
      (width, height, tokens) == Self.trained
        ? AuditFinding("picture.size", .passed, "a frame of 640x360 becomes \(width)x\(height), \(tokens) tokens, as in training")
        : AuditFinding(
          "picture.size", .warning,
          "a frame of 640x360 becomes \(width)x\(height), \(tokens) tokens; in training it was \(Self.trained.width)x\(Self.trained.height), \(Self.trained.tokens)",
          remedy: "set min_pixels 3136 and max_pixels 802816 in preprocessor_config.json")
    ]
  }
}
