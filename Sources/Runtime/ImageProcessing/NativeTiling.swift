internal import Foundation

/// How InternVL's own folders cut pictures into tiles: fields of `config.json`.
struct NativeTiling {
  let side: Int
  let isDynamic: Bool
  let least: Int
  let most: Int
  let addsThumbnail: Bool

  /// `nil` when the folder's `config.json`, or the source's inside it, says nothing of tiles.
  init?(directory: String) {
    let file = URL(filePath: directory).appending(path: "config.json")
    guard let data = try? Data(contentsOf: file),
      let outer = try? JSONDecoder().decode(Outer.self, from: data),
      let fields = outer.source ?? (try? JSONDecoder().decode(Fields.self, from: data)),
      let isDynamic = fields.dynamic_image_size,
      let side = fields.force_image_size ?? fields.vision_config?.image_size, side > 0
    else { return nil }
    self.side = side
    self.isDynamic = isDynamic
    least = fields.min_dynamic_patch ?? 1
    most = fields.max_dynamic_patch ?? 12
    addsThumbnail = fields.use_thumbnail ?? true
  }

  /// A checkpoint of the runtime holds the configuration that it was made from.
  private struct Outer: Decodable { let source: Fields? }

  private struct Fields: Decodable {
    let dynamic_image_size: Bool?
    let force_image_size: Int?
    let min_dynamic_patch: Int?
    let max_dynamic_patch: Int?
    let use_thumbnail: Bool?
    let vision_config: Vision?
  }

  private struct Vision: Decodable { let image_size: Int? }
}
