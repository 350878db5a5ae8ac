import Mapping
import Tensors

/// The conformance kit of `SymmetricScheme`: says what is wrong with one.
///
/// A scheme is done when nothing is: weights come back within its own bound, the bound means something, and codes and scales
/// are those of the scalar kernels on every instruction set, for every type, group size and odd width.
enum SchemeConformance {
  static func defects(of scheme: any SymmetricScheme) -> [String] {
    var defects: [String] = []
    let granularities = [Granularity.channel, .group(2), .group(32), .group(128)].filter {
      (try? scheme.validate($0)) != nil
    }
    if granularities.isEmpty { defects.append("takes neither channels nor groups") }
    for granularity in granularities {
      for width in [1, 31, 32, 33, 64, 96, 171, 256] where granularity.divides(columns: width) {
        for dtype in [DType.f32, .bf16, .f16] {
          for scaleDType in Set([DType.f32, dtype]) {
            let rows = WeightRows(columns: width, dtype: dtype, granularity: granularity, scaleDType: scaleDType)
            defects += Self.defects(of: scheme.codec(for: rows))
          }
        }
      }
    }
    return defects
  }

  private static func defects(of codec: any WeightCodec) -> [String] {
    let rows = codec.rows
    let place = "\(rows.dtype.rawValue), \(rows.columns) inputs, \(rows.granularity), scales \(rows.scaleDType.rawValue)"
    let (weights, bytes) = sample(rows)
    guard let scalar = Quantized(weights.count, bytes, codec, Kernels(.scalar)!) else {
      return ["refuses weights that are finite: \(place)"]
    }
    var defects: [String] = []
    for isa in InstructionSet.available where Quantized(weights.count, bytes, codec, Kernels(isa)!) != scalar {
      defects.append("\(isa.rawValue) differs from scalar: \(place)")
    }
    let run = rows.stored.columnsPerScale
    for start in stride(from: 0, to: weights.count, by: run) {
      let peak = weights[start..<start + run].reduce(0) { max($0, $1.magnitude) }
      let bound = codec.errorBound(peak: peak)
      // Eight bits have 255 steps from -peak to peak, four 15; a bound of more than two of them says nothing.
      if bound > 4 * peak / Float((1 << codec.bits) - 1), peak > 0 { defects.append("the bound \(bound) of weights up to \(peak) is no bound: \(place)") }
      for index in start..<start + run where !((weights[index] - scalar.values[index]).magnitude <= bound) {
        defects.append("\(weights[index]) comes back as \(scalar.values[index]), beyond \(bound): \(place)")
        break
      }
    }
    var bad = bytes
    for index in 0..<rows.dtype.bits / 8 { bad[bad.count - 1 - index] = 0xFF }
    if Quantized(weights.count, bad, codec, .active) != nil { defects.append("takes a NaN: \(place)") }
    return defects
  }

  /// Rows of ordinary weights, of one large among small, of equal ones, of negative peaks, and of zeros; as values and as bytes
  /// of the dtype.
  private static func sample(_ rows: WeightRows) -> (values: [Float], bytes: [UInt8]) {
    var generator = SeededGenerator(seed: 20_261_128)
    let width = rows.columns
    var wide: [Float] = []
    for row in 0..<6 {
      var weights = (0..<width).map { _ in Float.random(in: -0.05...0.05, using: &generator) }
      switch row {
      case 1: weights[width / 2] = 7
      case 2: weights = Array(repeating: 0.03, count: width)
      case 3: weights[width - 1] = -0.0625
      case 4: weights = weights.map { $0.magnitude * 30 }
      case 5: weights = Array(repeating: 0, count: width)
      default: break
      }
      wide += weights
    }
    var bytes = [UInt8](repeating: 0, count: wide.count * rows.dtype.bits / 8)
    var values = wide
    bytes.withUnsafeMutableBytes { bytes in
      wide.withUnsafeBufferPointer { Kernels.active.convert($0, to: rows.dtype, in: bytes) }
      values.withUnsafeMutableBufferPointer {
        Kernels.active.convert(UnsafeRawBufferPointer(bytes), of: rows.dtype, to: $0)
      }
    }
    return (values, bytes)
  }

  /// What a codec makes of a sample, and what that stands for; `nil` where it refuses.
  private struct Quantized: Equatable {
    var codes: [Int8]
    var scales: [Float]
    var values: [Float]

    init?(_ count: Int, _ bytes: [UInt8], _ codec: any WeightCodec, _ kernels: Kernels) {
      let rows = count / codec.rows.columns
      codes = [Int8](repeating: 99, count: count)
      scales = [Float](repeating: .nan, count: rows * codec.rows.scalesPerRow)
      values = [Float](repeating: .nan, count: count)
      let refused = codec.quantize(
        rows, source: bytes, codes: &codes, scales: &scales, losses: nil, by: kernels)
      guard refused == nil else { return nil }
      codec.dequantize(rows, codes: codes, scales: scales, into: &values)
    }
  }
}
