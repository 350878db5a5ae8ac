internal import Foundation

/// How a LeRobot policy prepares pictures: its `config.json` says it, for there is no `preprocessor_config.json`.
///
/// The policies whose own code does it are here; those that leave it to the processor of the VLM they name are not, for they
/// need that processor's file.
enum PolicyImages {
  /// What `preprocessor_config.json` would say of the policy in the folder, or of a checkpoint of the runtime made from one;
  /// `nil` when there is none of these.
  static func settings(directory: String) -> Data? {
    let file = URL(filePath: directory).appending(path: "config.json")
    guard let data = try? Data(contentsOf: file),
      let outer = try? JSONDecoder().decode(Outer.self, from: data)
    else { return nil }
    let policy = outer.source ?? outer.own
    let (side, size): (PolicyPaddingProcessor.Side, [Int]?)
    switch policy.type {
    case "smolvla": (side, size) = (.before, policy.resize_imgs_with_padding.map { [$0[1], $0[0]] })
    case "pi0", "pi05", "pi0_fast":
      // Until 2025 pi0 padded as SmolVLA does, and said so under the same key.
      (side, size) =
        policy.resize_imgs_with_padding.map { (.before, [$0[1], $0[0]]) }
        ?? (.around, policy.image_resolution ?? [224, 224])
    default: return nil
    }
    let value = Settings(
      image_processor_type: PolicyPaddingProcessor.names[0], do_resize: size != nil,
      size: size.map { Extent(height: $0[0], width: $0[1]) }, padding_side: side.rawValue)
    return try? JSONEncoder().encode(value)
  }

  private struct Settings: Encodable {
    let image_processor_type: String
    let do_resize: Bool
    let size: Extent?
    let padding_side: String
  }

  private struct Extent: Encodable {
    let height: Int
    let width: Int
  }

  private struct Policy: Decodable {
    let type: String?
    /// Width and height.
    let resize_imgs_with_padding: [Int]?
    /// Height and width.
    let image_resolution: [Int]?

    private enum CodingKeys: String, CodingKey { case type, resize_imgs_with_padding, image_resolution }

    init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: CodingKeys.self)
      func pair(_ key: CodingKeys) throws -> [Int]? {
        guard let value = try fields.decodeIfPresent([Int].self, forKey: key) else { return nil }
        guard value.count == 2 else {
          throw DecodingError.dataCorruptedError(forKey: key, in: fields, debugDescription: "no pair")
        }
        return value
      }
      type = try fields.decodeIfPresent(String.self, forKey: .type)
      resize_imgs_with_padding = try pair(.resize_imgs_with_padding)
      image_resolution = try pair(.image_resolution)
    }
  }

  private struct Outer: Decodable {
    let source: Policy?
    let own: Policy

    private enum CodingKeys: String, CodingKey { case source }

    init(from decoder: any Decoder) throws {
      source = try decoder.container(keyedBy: CodingKeys.self).decodeIfPresent(Policy.self, forKey: .source)
      own = try Policy(from: decoder)
    }
  }
}
