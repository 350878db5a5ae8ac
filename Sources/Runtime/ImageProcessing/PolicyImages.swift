internal import Files
internal import Mapping

/// How a LeRobot policy prepares pictures: its `config.json` says it, for there is no `preprocessor_config.json`.
///
/// The policies whose own code does it are here; those that leave it to the processor of the VLM they name are not, for they
/// need that processor's file.
enum PolicyImages {
  /// What `preprocessor_config.json` would say of the policy; `nil` when it is none of these, or its sizes are no pairs.
  static func settings(_ config: JSONValue) -> JSONValue? {
    let (padded, resolution): ([Int]?, [Int]?)
    do {
      // Width and height; height and width.
      (padded, resolution) = try (pair("resize_imgs_with_padding", config), pair("image_resolution", config))
    } catch { return nil }
    let (side, size): (PolicyPaddingProcessor.Side, [Int]?)
    switch config["type"]?.stringValue {
    case "smolvla": (side, size) = (.before, padded.map { [$0[1], $0[0]] })
    case "pi0", "pi05", "pi0_fast":
      // Until 2025 pi0 padded as SmolVLA does, and said so under the same key.
      (side, size) = padded.map { (.before, [$0[1], $0[0]]) } ?? (.around, resolution ?? [224, 224])
    default: return nil
    }
    var settings: [String: JSONValue] = [
      "image_processor_type": .string(PolicyPaddingProcessor.names[0]), "do_resize": .bool(size != nil),
      "padding_side": .string(side.rawValue),
    ]
    settings["size"] = size.map { .object(["height": .int($0[0]), "width": .int($0[1])]) }
    return .object(settings)
  }

  private struct NoPair: Error {}

  private static func pair(_ key: String, _ config: JSONValue) throws(NoPair) -> [Int]? {
    guard let value = config[key] else { return nil }
    guard let values = value.arrayValue?.compactMap(\.intValue), values.count == 2, value.arrayValue?.count == 2
    else { throw NoPair() }
    return values
  }
}
