internal import Checkpoints
internal import Files
internal import Foundation
internal import Mapping
internal import Tensors

extension QuantizedFormat {
  /// mlx-vlm's names, with linear layers in MLX's codes; its loader sees by the scales which these are.
  package static let mlx = QuantizedFormat(
    name: "mlx", summary: "for mlx-vlm", output: .mlx, layouts: [.mlx(Affine(bits: 4)), .mlx(Affine(bits: 8))],
    objection: objection,
    describe: { (plan, options, _) throws(VLMError) in
      guard case .mlx(let scheme) = options.layout else { preconditionFailure("a layout of another format") }
      let settings = JSONValue.object([
        "bits": .int(scheme.bits), "group_size": .int(scheme.groupSize(options.granularity)), "mode": .string("affine"),
      ])
      plan.publicConfig = try plan.publicConfig.settingQuantization(settings, file: plan.source.directory + "/config.json")
    })

  /// Why mlx-vlm would not load `entry` from codes and scales.
  private static func objection(_ entry: ConversionEntry, among _: Set<String>) -> String? {
    let descriptor = entry.tensors[0].descriptor
    guard entry.name.hasSuffix(".weight"), descriptor.shape.rank >= 2 else { return "no linear layer in mlx-vlm" }
    if descriptor.shape.count % 64 != 0 { return "mlx-vlm takes no codes for \(descriptor.shape.count) weights, which 64 does not divide" }
    return entry.steps.contains(where: \.transposes) ? "rows are inputs, not output channels" : nil
  }
}

extension Data {
  /// A `config.json` with these settings under both names that mlx-vlm writes them by.
  fileprivate func settingQuantization(_ settings: JSONValue, file: String) throws(VLMError) -> Data {
    guard var members = try JSONValue(parsing: self, file: file, code: .configurationMalformed).objectValue else {
      throw VLMError(.configurationMalformed, "this is no JSON object", file: file, remedy: "download config.json again")
    }
    members["quantization"] = settings
    members["quantization_config"] = settings
    guard let text = JSONValue.object(members).fileText else {
      throw VLMError(
        .configurationMalformed, "has NaN or an infinity, which no JSON that mlx-vlm reads has", file: file, remedy: "take it out")
    }
    return text
  }
}
