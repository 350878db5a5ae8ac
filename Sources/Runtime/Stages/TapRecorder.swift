internal import Tensors

/// Copies the wanted stages out of a run, picture by picture and back in the processor's token order or sequence by
/// sequence, and notes where values stop being numbers.
struct TapRecorder {
  /// The first stage handed over that was not finite, wanted or not.
  private(set) var fault: NotFinite?
  private var wanted: Set<Stage>
  private var recorded: [Stage: [StageActivation]] = [:]
  /// Rows of sequences that are still to be gone on with.
  private var begun: [Stage: [FloatTensor]] = [:]

  init(_ wanted: Set<Stage>) { self.wanted = wanted }

  /// Whether a stage is still to come.
  func wants(_ stage: Stage) -> Bool { wanted.contains(stage) }

  /// How many of a part's blocks have to run: all for what comes after them.
  func blocksNeeded(of part: Stage.Part, depth: Int) -> Int {
    if wants(Stage(part, .norm)) || wants(Stage(part, .pooled)) || wants(Stage(part, .output)) { return depth }
    return (0..<depth).last { wants(Stage(part, .block($0))) }.map { $0 + 1 } ?? 0
  }

  /// What was recorded. Throws the first fault.
  ///
  /// - Parameter file: the checkpoint, for the message.
  func activations(file: String) throws(VLMError) -> Activations {
    if let fault { throw fault.error(file: file) }
    return Activations(recorded)
  }

  /// A stage that was made picture by picture.
  mutating func record(_ stage: Stage, _ made: () -> [StageActivation]) {
    keep(stage, made)
    for image in recorded[stage] ?? [] {
      check(stage, image.values.base, rows: image.tokenCount, width: image.width)
    }
  }

  /// Tokens of an encoder: `x` is `[layout.tokenCount, width]` in computing order.
  mutating func tokens(_ stage: Stage, _ x: UnsafePointer<Float>, _ layout: TokenLayout, width: Int) {
    check(stage, x, rows: layout.tokenCount, width: width)
    keep(stage) {
      layout.images.map { image in
        let tiles = layout.tiles[image.tiles], overview = layout.tiles[image.overview]
        let own = tiles.first!.tokens.lowerBound..<tiles.last!.tokens.upperBound
        return StageActivation(
          values: Self.rows(x, own, layout.order, width), grid: (overview.grid.rows, overview.grid.columns),
          leadingTokens: overview.tokens.lowerBound - own.lowerBound + layout.leadingTokens,
          frames: overview.grid.frames, mergeSize: layout.mergeSize)
      }
    }
  }

  /// One row a tile.
  mutating func pooled(_ stage: Stage, _ x: UnsafePointer<Float>, _ layout: TokenLayout, width: Int) {
    check(stage, x, rows: layout.tiles.count, width: width)
    keep(stage) {
      layout.images.map { StageActivation(values: Self.rows(x, $0.tiles, nil, width), grid: nil) }
    }
  }

  /// The next `rows` of a sequence: `x` is `[rows.count, width]`.
  mutating func rows(
    _ stage: Stage, _ x: UnsafePointer<Float>, _ rows: Range<Int>, of input: Prompt, width: Int
  ) {
    check(stage, x, rows: rows.count, width: width)
    guard wants(stage) else { return }
    begun[stage, default: []].append(Self.rows(x, 0..<rows.count, nil, width))
    guard rows.upperBound == input.tokens.count, let parts = begun.removeValue(forKey: stage) else { return }
    keep(stage) {
      let values = parts.count == 1 ? parts[0] : .joined(parts, shape: [input.tokens.count, width])
      return [StageActivation(values: values, pictures: input.pictures)]
    }
  }

  private mutating func keep(_ stage: Stage, _ made: () -> [StageActivation]) {
    guard wanted.remove(stage) != nil else { return }
    recorded[stage] = made()
  }

  /// Notes a value that is no number in `x`, `[rows, width]`.
  mutating func check(_ stage: Stage, _ x: UnsafePointer<Float>, rows: Int, width: Int) {
    if fault == nil { fault = NotFinite(stage.name, x, rows: rows, width: width) }
  }

  private static func rows(_ x: UnsafePointer<Float>, _ range: Range<Int>, _ order: [Int]?, _ width: Int)
    -> FloatTensor
  {
    FloatTensor([range.count, width]) { destination in
      for row in range {
        let place = (order?[row] ?? row) - range.lowerBound
        (destination.baseAddress! + place * width).update(from: x + row * width, count: width)
      }
    }
  }
}
