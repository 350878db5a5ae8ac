internal import Files
internal import Mapping

/// How InternVL's own folders cut pictures into tiles: fields of `config.json`.
struct NativeTiling {
  let side: Int
  let isDynamic: Bool
  let least: Int
  let most: Int
  let addsThumbnail: Bool

  /// `nil` when the model's `config.json` says nothing of tiles.
  init?(_ config: JSONValue) {
    guard let isDynamic = config["dynamic_image_size"]?.boolValue,
      let side = config["force_image_size"]?.intValue ?? config.at("vision_config.image_size")?.intValue, side > 0
    else { return nil }
    self.side = side
    self.isDynamic = isDynamic
    least = config["min_dynamic_patch"]?.intValue ?? 1
    most = config["max_dynamic_patch"]?.intValue ?? 12
    addsThumbnail = config["use_thumbnail"]?.boolValue ?? true
  }
}
