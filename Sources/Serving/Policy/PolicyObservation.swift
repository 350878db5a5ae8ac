import Files
import Images
import Tensors

/// What a client of openpi sends before each chunk: a map of MessagePack.
///
/// Read are its picture and `prompt`; what else is in it (the robot's state, other cameras) these policies do not look at. The
/// picture is an array of NumPy under the policy's camera, `observation/` and that, or else `observation/image` or `image`:
/// `[height, width, 3]` or `[3, height, width]`, uint8, or floats from 0 to 1 that become bytes as openpi's own policies have
/// it (times 255, cut off).
struct PolicyObservation {
  let picture: RGBImage
  let instruction: String

  private static let source = "observation"
  private static let usualKeys = ["observation/image", "image"]

  /// - Throws: `Rejection`.
  init(_ bytes: [UInt8], camera: String?, instruction standing: String?) throws(Rejection) {
    do throws(VLMError) {
      let value = try MessagePackReader.read(bytes, source: Self.source)
      guard value.mapValue != nil else { throw Self.failure("is \(value.kind), not a map") }
      picture = try Self.picture(value, camera)
      guard let instruction = try Self.text(value["prompt"]) ?? standing else {
        throw Self.failure("has no prompt: what the robot is to do")
      }
      self.instruction = instruction
    } catch {
      throw Rejection(error)
    }
  }

  private static func failure(_ message: String, key: String? = nil, remedy: String? = nil) -> VLMError {
    VLMError(.requestContent, message, file: source, tensor: key, remedy: remedy)
  }

  private static func picture(_ observation: MessagePack, _ camera: String?) throws(VLMError) -> RGBImage {
    let own = camera.map { [$0, "observation/\($0)"] } ?? []
    for keys in [own, usualKeys] {
      let found = keys.filter { observation[$0] != nil }
      guard found.count <= 1 else {
        throw failure("has both \(found.joined(separator: " and "))", remedy: "send one picture")
      }
      if let key = found.first, let value = observation[key] {
        return try image(value.array(key, source: source), key)
      }
    }
    let arrays = (observation.mapValue ?? [:]).filter(\.value.isArray).keys.map(\.text).sorted()
    throw failure(
      "has no picture under \((own + usualKeys).joined(separator: ", ")); its arrays are: "
        + (arrays.isEmpty ? "none" : arrays.prefix(8).joined(separator: ", ")),
      remedy: "send it there, or name its key with --camera")
  }

  private static func image(_ array: NumPyArray, _ key: String) throws(VLMError) -> RGBImage {
    let shape = array.shape
    guard shape.count == 3, shape[2] == 3 || shape[0] == 3 else {
      throw failure(
        "has the shape \(shape), which is neither [height, width, 3] nor [3, height, width]", key: key)
    }
    // Three rows or columns of pixels are no picture of a camera's, so the last axis decides.
    let isPlanar = shape[2] != 3
    let (height, width) = isPlanar ? (shape[1], shape[2]) : (shape[0], shape[1])
    try RGBImage.checkSize(width: width, height: height, key, source: source)
    var bytes = try octets(array, key)
    if isPlanar {
      let planes = bytes
      let count = width * height
      for pixel in 0..<count {
        for channel in 0..<3 { bytes[3 * pixel + channel] = planes[channel * count + pixel] }
      }
    }
    return RGBImage(width: width, height: height, pixels: bytes)
  }

  private static func octets(_ array: NumPyArray, _ key: String) throws(VLMError) -> [UInt8] {
    if let octets = array.octets { return octets }
    guard case .numbers(let type) = array.type.kind, type.isFloatingPoint, let values = array.doubles else {
      throw failure("holds neither uint8 nor floats", key: key)
    }
    var bytes = [UInt8](repeating: 0, count: values.count)
    for (place, value) in values.enumerated() {
      guard value >= 0, value <= 1 else {
        throw failure(
          "element \(place) is \(value), and pictures of floats go from 0 to 1", key: key,
          remedy: "send uint8")
      }
      // In the array's own precision, as NumPy multiplies.
      bytes[place] = type == .f64 ? UInt8(255 * value) : UInt8(255 * Float(value))
    }
    return bytes
  }

  /// A text, NumPy's own kinds included.
  private static func text(_ value: MessagePack?) throws(VLMError) -> String? {
    switch value {
    case nil, .null: return nil
    case .string(let text): return text
    case let value?:
      if case .string(let text)? = value.mapValue?[.bytes("data")],
        value.mapValue?[.bytes("__npgeneric__")] != nil
      {
        return text
      }
      if value.isArray, let texts = try value.array("prompt", source: source).strings, texts.count == 1 {
        return texts[0]
      }
      throw failure("is \(value.kind), not a text", key: "prompt")
    }
  }
}
