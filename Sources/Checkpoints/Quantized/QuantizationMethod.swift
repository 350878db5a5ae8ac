internal import Files
internal import Tensors

/// A library's way to keep weights in few bits, by `quant_method` of its `quantization_config`.
///
/// To add one: a file in `Methods` that conforms, and a line in `QuantizationMethods.all`. It is done when `QuantizedReaderTests` has a
/// checkpoint that the library wrote, and what it makes of it.
protocol QuantizationMethod: Sendable {
  /// `quant_method`
  static var id: String { get }

  /// - Throws: `checkpoints.quantized` errors for what cannot be read.
  init(_ settings: QuantizationSettings) throws(VLMError)

  /// The id, and a format where there are several.
  var title: String { get }

  /// What the tensors of a quantized weight are called after the layer's name and a dot.
  var parts: [String] { get }

  /// Parts that other layers have as well.
  var bareParts: Set<String> { get }

  /// Parts that are settings, and are not read later.
  var consumed: [String] { get }

  /// Parts that are left out, and why.
  var dropped: [(part: String, reason: String)] { get }

  /// Whether a weight has the dtype that its tensors give it, whatever `config.json` says.
  var hasOwnDType: Bool { get }

  /// What a layer's weight is kept as; `nil` where it is kept in floats.
  func weight(of module: QuantizedModule) throws(VLMError) -> QuantizedWeight?
}

/// How a layer's weight is kept, its shape, and the dtype that the library gives it when it is not told.
struct QuantizedWeight {
  let stored: any StoredWeight
  let shape: [Int]
  let dtype: DType
  /// How what comes into the layer is rounded; `nil`: not at all.
  var inputs: InputRounding?
}

extension QuantizationMethod {
  var title: String { Self.id }
  var consumed: [String] { [] }
  var dropped: [(part: String, reason: String)] { [] }
  var hasOwnDType: Bool { false }
}

/// Every method that is known.
enum QuantizationMethods {
  static let all: [any QuantizationMethod.Type] = [
    CompressedTensorsMethod.self, FP8Method.self, AWQMethod.self, GPTQMethod.self, BitsAndBytesMethod.self, MLXMethod.self,
  ]

  static func method(_ settings: QuantizationSettings) throws(VLMError) -> any QuantizationMethod {
    guard let kind = all.first(where: { $0.id == settings.method }) else {
      throw settings.unsupported(
        "the weights are quantized by \(settings.method.prefix(60)); read are those of \(all.map { $0.id }.joined(separator: ", "))"
      )
    }
    return try kind.init(settings)
  }
}
