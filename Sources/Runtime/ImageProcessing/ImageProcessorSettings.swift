package import Files
package import Images
package import Mapping
package import Tensors

/// What `preprocessor_config.json` says, in any of the spellings that transformers has written.
package struct ImageProcessorSettings: Sendable {
  package let file: String
  /// All of them, for a processor that has some of its own.
  let settings: JSONValue
  private var values: Values
  /// Tiling that stands in the model's configuration, where the processor's file says nothing of it.
  private var native: NativeTiling?

  /// Of the files, else of the family.
  private let classes: ProcessorClasses

  /// - Parameters:
  ///   - files: the processor's settings. InternVL's own folders cut pictures into tiles as their `config.json` says; for
  ///     those it counts, and the other files may be missing, as for policies of LeRobot's.
  ///   - config: the model's own `config.json`.
  ///   - standard: the classes of the family file.
  ///   - directory: the model's folder, for messages.
  /// - Throws: when there are no settings, or they are not of the known shapes.
  package init(_ files: ProcessorFiles, config: JSONValue, standard: ProcessorClasses, directory: String) throws(VLMError) {
    native = NativeTiling(config)
    let own = native == nil ? PolicyImages.settings(config) : .object([:])
    guard let settings = files.settings ?? own else {
      throw VLMError(
        .processorMissing, "has no preprocessor_config.json", file: directory,
        remedy: "copy it from the model's repository")
    }
    file = files.file ?? directory + "/config.json"
    self.settings = settings
    do {
      values = try settings.decoded(as: Values.self)
    } catch {
      throw VLMError(
        .processorMalformed, "preprocessor settings cannot be read: \(error)", file: file, cause: error)
    }
    classes = ProcessorClasses(
      image: values.image_processor_type ?? values.feature_extractor_type ?? standard.image,
      joint: files.processorClass ?? standard.joint)
  }

  /// Those of a checkpoint.
  package init(_ checkpoint: MappedCheckpoint) throws(VLMError) {
    try self.init(
      checkpoint.processor.get(), config: checkpoint.source, standard: checkpoint.standardProcessors,
      directory: checkpoint.directory)
  }

  /// The processor's class without `Fast` or `Pil`; the older feature extractors count as processors, and where there
  /// is neither, the family decides.
  package var name: String {
    if native != nil { return "GotOcr2ImageProcessor" }
    let name = classes.image ?? ""
    for ending in ["Fast", "Pil"] where name.hasSuffix(ending) { return String(name.dropLast(ending.count)) }
    return name
  }

  package var resizes: Bool { values.do_resize ?? true }
  package var size: ImageExtent? { native.map { ImageExtent(side: $0.side) } ?? values.size }
  package var crops: Bool? { values.do_center_crop }
  package var cropSize: ImageExtent? { values.crop_size }
  package var pads: Bool { values.do_pad ?? true }
  package var padSize: ImageExtent? { values.pad_size }
  /// Where a policy pads: a `PolicyPaddingProcessor.Side`.
  package var paddingSide: String? { values.padding_side }
  package var minimumPixels: Int? { values.min_pixels }
  package var maximumPixels: Int? { values.max_pixels }
  package var patchSize: Int? { values.patch_size }
  package var temporalPatchSize: Int? { values.temporal_patch_size }
  package var mergeSize: Int? { values.merge_size }
  /// Canvases `[height, width]` of LLaVA-NeXT.
  package var tileGrids: [[Int]]? { values.image_grid_pinpoints }
  /// Whether pictures are cut into tiles: InternVL's processor asks for it whatever the file of the image processor says.
  package var cutsTiles: Bool {
    if let native { return native.isDynamic }
    return classes.joint == "InternVLProcessor" || values.crop_to_patches == true || name == DynamicTilesProcessor.eagle
  }
  package var leastTiles: Int? { native?.least ?? values.min_dynamic_tiles ?? values.min_patches }
  package var mostTiles: Int? { native?.most ?? values.max_dynamic_tiles ?? values.max_patches }
  package var addsThumbnail: Bool { native?.addsThumbnail ?? values.use_thumbnail ?? true }
  /// Whether the canvas that is cut into tiles keeps the picture's proportions (Eagle).
  var padsTiles: Bool { values.pad_during_tiling ?? false }
  /// Whether pictures are split into squares of `squareSide` (Idefics3).
  package var splits: Bool { values.do_image_splitting ?? true }
  package var squareSide: Int? { values.max_image_size?.longestEdge }
  /// Whether long pictures are shown in crops as well (Gemma 3).
  var pansAndScans: Bool { values.do_pan_and_scan ?? false }
  /// Patches that a picture may have (NaFlex).
  package var patchBudget: Int? { values.max_num_patches }
  /// Whether statistics that are not given are ImageNet's: InternVL's own folders.
  package var isNative: Bool { native != nil }

  /// The arithmetic of transformers' slow processors, which a policy can choose; a file never says it.
  static let pillowBackend = "pil"

  /// The same with other bounds on a picture's area, and cut into one tile at most.
  func bounded(_ pixels: ClosedRange<Int>) -> ImageProcessorSettings {
    var settings = self
    settings.values.min_pixels = pixels.lowerBound
    settings.values.max_pixels = pixels.upperBound
    settings.values.max_patches = 1
    settings.values.max_dynamic_tiles = 1
    settings.native?.most = 1
    return settings
  }

  /// The kernel that `resample` numbers, `standard` when it is not given, with the arithmetic of those who wrote the
  /// processor.
  ///
  /// `AutoProcessor` of transformers 5.23 takes the torchvision backend of every class, Lanczos included (from torchvision
  /// 0.27 on), whatever ending the file gives the class's name; so torch's arithmetic is the official result. torch has no
  /// box and no Hamming kernel: whoever uses these has chosen the Pillow backend. InternVL's own code resizes with Pillow.
  package func resampler(_ standard: Resampling = .bicubic) throws(VLMError) -> Resampler {
    let kernel: Resampling
    if let number = values.resample {
      guard let named = Resampling(rawValue: number) else { throw unsupported("resample \(number)") }
      kernel = named
    } else {
      kernel = standard
    }
    let isPillow = isNative || values.backend == Self.pillowBackend || [.box, .hamming].contains(kernel)
    return Resampler(kernel, as: isPillow ? .pillow : .torch)
  }

  /// How bytes become encoder inputs; `mean` and `deviation` stand in when the file does not say.
  package func normalisation(mean: [Double], deviation: [Double]) throws(VLMError) -> PixelNormalisation {
    let mean = values.image_mean?.values ?? mean
    let deviation = values.image_std?.values ?? deviation
    if isNative || values.backend == Self.pillowBackend, let normalisation = PixelNormalisation(mean: mean, deviation: deviation) {
      return normalisation
    }
    guard
      let normalisation = PixelNormalisation(
        scale: values.do_rescale ?? true ? values.rescale_factor ?? 1 / 255 : nil,
        statistics: values.do_normalize ?? true ? (mean, deviation) : nil)
    else { throw unsupported("image_mean \(mean) with image_std \(deviation)") }
    return normalisation
  }

  /// Scale and statistics apart, for processors that resize between them; `nil` where the file asks for no statistics.
  func steps(mean: [Double], deviation: [Double]) throws(VLMError) -> (scaled: PixelNormalisation, statistics: PixelStatistics?) {
    let (mean, deviation) = (values.image_mean?.values ?? mean, values.image_std?.values ?? deviation)
    // Bytes that are not scaled are resized as bytes there.
    guard values.do_rescale ?? true else { throw unsupported("do_rescale false") }
    guard mean.count == 3, deviation.count == 3, !deviation.contains(0),
      let scaled = PixelNormalisation(scale: values.rescale_factor ?? 1 / 255, statistics: nil)
    else { throw unsupported("image_mean \(mean) with image_std \(deviation)") }
    return (scaled, values.do_normalize ?? true ? PixelStatistics(mean: mean, deviation: deviation) : nil)
  }

  /// An extent of the file, `name` there: 224x224 where the file is silent, as in transformers.
  package func rectangle(_ extent: ImageExtent?, _ name: String) throws(VLMError) -> (height: Int, width: Int)
  {
    guard let rectangle = extent.map(\.rectangle) ?? (224, 224) else {
      throw unsupported("its \(name), which is no extents of at most \(ImageExtent.maximumPixels) pixels,")
    }
    return rectangle
  }

  /// An error for a setting that cannot be followed.
  package func unsupported(_ what: String) -> VLMError {
    VLMError(.processorUnsupported, "\(name) with \(what) is not supported", file: file)
  }

  /// Throws when a size that the file gives is not the encoder's.
  package func check(_ what: String, _ given: Int?, is expected: Int) throws(VLMError) {
    guard let given, given != expected else { return }
    throw VLMError(
      .processorMismatch, "\(what) is \(given), the encoder's is \(expected)", file: file,
      remedy: "take preprocessor_config.json from the same model")
  }

  private struct Values: Decodable {
    let image_processor_type: String?
    let feature_extractor_type: String?
    let do_resize: Bool?
    let size: ImageExtent?
    let resample: Int?
    let do_center_crop: Bool?
    let do_pad: Bool?
    let pad_size: ImageExtent?
    let padding_side: String?
    let backend: String?
    let crop_size: ImageExtent?
    let do_rescale: Bool?
    let rescale_factor: Double?
    let do_normalize: Bool?
    let image_mean: PerChannel?
    let image_std: PerChannel?
    let patch_size: Int?
    let temporal_patch_size: Int?
    let merge_size: Int?
    var min_pixels: Int?
    var max_pixels: Int?
    let image_grid_pinpoints: [[Int]]?
    let crop_to_patches: Bool?
    let min_patches: Int?
    var max_patches: Int?
    let min_dynamic_tiles: Int?
    var max_dynamic_tiles: Int?
    let use_thumbnail: Bool?
    let pad_during_tiling: Bool?
    let do_image_splitting: Bool?
    let max_image_size: ImageExtent?
    let max_num_patches: Int?
    let do_pan_and_scan: Bool?
  }

  private struct PerChannel: Decodable {
    let values: [Double]
    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      values =
        try (try? container.decode([Double].self))
        ?? Array(repeating: container.decode(Double.self), count: 3)
    }
  }
}

/// How InternVL's own folders cut pictures into tiles: fields of `config.json`.
struct NativeTiling {
  let side: Int
  let isDynamic: Bool
  let least: Int
  var most: Int
  let addsThumbnail: Bool

  /// `nil` when the model's `config.json` says nothing of tiles, or is of another model that says the same (Eagle, which has a file).
  init?(_ config: JSONValue) {
    guard config["model_type"]?.stringValue == "internvl_chat", let isDynamic = config["dynamic_image_size"]?.boolValue,
      let side = config["force_image_size"]?.intValue ?? config.at("vision_config.image_size")?.intValue, side > 0
    else { return nil }
    self.side = side
    self.isDynamic = isDynamic
    least = config["min_dynamic_patch"]?.intValue ?? 1
    most = config["max_dynamic_patch"]?.intValue ?? 12
    addsThumbnail = config["use_thumbnail"]?.boolValue ?? true
  }
}
