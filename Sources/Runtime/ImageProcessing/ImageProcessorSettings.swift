internal import Foundation
package import Images
package import Tensors

/// What `preprocessor_config.json` says, in any of the spellings that transformers has written.
package struct ImageProcessorSettings: Sendable {
  package let file: String
  private let values: Values

  /// Reads `preprocessor_config.json`, or the `image_processor` part of `processor_config.json`, from a model folder.
  package init(directory: String) throws(VLMError) {
    let folder = URL(filePath: directory)
    let own = folder.appending(path: "preprocessor_config.json")
    let joint = folder.appending(path: "processor_config.json")
    do {
      if let data = try? Data(contentsOf: own) {
        file = own.path
        values = try JSONDecoder().decode(Values.self, from: data)
      } else if let data = try? Data(contentsOf: joint) {
        file = joint.path
        values = try JSONDecoder().decode(Joint.self, from: data).image_processor
      } else {
        throw VLMError(
          .processorMissing, "has no preprocessor_config.json", file: directory,
          remedy: "copy it from the model's repository")
      }
    } catch let error as VLMError {
      throw error
    } catch {
      throw VLMError(
        .processorMalformed, "preprocessor settings cannot be read: \(error)", file: directory, cause: error)
    }
  }

  /// The processor's class without `Fast` or `Pil`; the older feature extractors count as processors.
  package var name: String {
    let name = values.image_processor_type ?? values.feature_extractor_type ?? ""
    for ending in ["Fast", "Pil"] where name.hasSuffix(ending) { return String(name.dropLast(ending.count)) }
    return name
  }

  package var resizes: Bool { values.do_resize ?? true }
  package var size: ImageExtent? { values.size }
  package var crops: Bool? { values.do_center_crop }
  package var cropSize: ImageExtent? { values.crop_size }
  package var minimumPixels: Int? { values.min_pixels }
  package var maximumPixels: Int? { values.max_pixels }
  package var patchSize: Int? { values.patch_size }
  package var temporalPatchSize: Int? { values.temporal_patch_size }
  package var mergeSize: Int? { values.merge_size }

  /// The kernel that `resample` numbers, bicubic when it is not given.
  package func resampling() throws(VLMError) -> Resampling {
    guard let number = values.resample else { return .bicubic }
    guard let resampling = Resampling(rawValue: number) else { throw unsupported("resample \(number)") }
    return resampling
  }

  /// How bytes become encoder inputs; `mean` and `deviation` stand in when the file does not say.
  package func normalisation(mean: [Double], deviation: [Double]) throws(VLMError) -> PixelNormalisation {
    let mean = values.image_mean?.values ?? mean
    let deviation = values.image_std?.values ?? deviation
    guard
      let normalisation = PixelNormalisation(
        scale: values.do_rescale ?? true ? values.rescale_factor ?? 1 / 255 : nil,
        statistics: values.do_normalize ?? true ? (mean, deviation) : nil)
    else { throw unsupported("image_mean \(mean) with image_std \(deviation)") }
    return normalisation
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

  private struct Joint: Decodable { let image_processor: Values }

  private struct Values: Decodable {
    let image_processor_type: String?
    let feature_extractor_type: String?
    let do_resize: Bool?
    let size: ImageExtent?
    let resample: Int?
    let do_center_crop: Bool?
    let crop_size: ImageExtent?
    let do_rescale: Bool?
    let rescale_factor: Double?
    let do_normalize: Bool?
    let image_mean: PerChannel?
    let image_std: PerChannel?
    let patch_size: Int?
    let temporal_patch_size: Int?
    let merge_size: Int?
    let min_pixels: Int?
    let max_pixels: Int?
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
