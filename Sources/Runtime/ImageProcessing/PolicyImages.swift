internal import Files
internal import Mapping

/// How a LeRobot policy prepares pictures: its `config.json` says it, for there is no `preprocessor_config.json`.
///
/// The policies whose own code does it are here; those that leave it to the processor of the VLM they name are not, for they
/// need that processor's file.
enum PolicyImages {
  /// What `preprocessor_config.json` would say of the policy; `nil` when it is none of these, or its sizes are no pairs.
  static func settings(_ config: JSONValue) -> JSONValue? {
    do {
      switch config["type"]?.stringValue {
      case "smolvla": return padding(.before, try padded(config))
      case "pi0", "pi05", "pi0_fast":
        // Until 2025 pi0 padded as SmolVLA does, and said so under the same key.
        if let size = try padded(config) { return padding(.before, size) }
        return padding(.around, try pair("image_resolution", config) ?? [224, 224])
      case "evo1":
        return .object([
          "image_processor_type": .string(PolicyFloatProcessor.fixedSize),
          "size": extent(try pair("image_resolution", config) ?? [448, 448]),
        ])
      case "vla_jepa":
        var settings: [String: JSONValue] = ["image_processor_type": .string(PolicyFloatProcessor.smartResize)]
        settings["size"] = try pair("resize_images_to", config).map(extent)
        return .object(settings)
      case "eo1":
        // The policy takes the slow processor. Where it sets no bounds those of Qwen2.5-VL's own file count.
        return .object([
          "image_processor_type": .string(SmartResizeProcessor.names[0]), "backend": .string(ImageProcessorSettings.pillowBackend),
          "min_pixels": bound("image_min_pixels", config, standard: 64 * 28 * 28, unset: 56 * 56),
          "max_pixels": bound("image_max_pixels", config, standard: 128 * 28 * 28, unset: 16384 * 28 * 28),
        ])
      default: return nil
      }
    } catch { return nil }
  }

  /// `size`: height and width; `nil` leaves pictures as they are.
  private static func padding(_ side: PolicyPaddingProcessor.Side, _ size: [Int]?) -> JSONValue {
    var settings: [String: JSONValue] = [
      "image_processor_type": .string(PolicyPaddingProcessor.names[0]), "do_resize": .bool(size != nil),
      "padding_side": .string(side.rawValue),
    ]
    settings["size"] = size.map(extent)
    return .object(settings)
  }

  private static func extent(_ size: [Int]) -> JSONValue {
    .object(["height": .int(size[0]), "width": .int(size[1])])
  }

  /// Height and width; the file has width and height.
  private static func padded(_ config: JSONValue) throws(NoPair) -> [Int]? {
    try pair("resize_imgs_with_padding", config)?.reversed()
  }

  /// A number that may be missing (the class's standard counts) or null (there is no bound of the policy's).
  private static func bound(_ key: String, _ config: JSONValue, standard: Int, unset: Int) -> JSONValue {
    switch config.objectValue?[key] {
    case nil: .int(standard)
    case .null: .int(unset)
    case let value?: value
    }
  }

  private struct NoPair: Error {}

  private static func pair(_ key: String, _ config: JSONValue) throws(NoPair) -> [Int]? {
    guard let value = config[key] else { return nil }
    guard let values = value.arrayValue?.compactMap(\.intValue), values.count == 2, value.arrayValue?.count == 2
    else { throw NoPair() }
    return values
  }
}
