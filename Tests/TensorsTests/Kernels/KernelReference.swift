import Foundation
import Tensors
import TestSupport

/// fixtures/kernels/reference.json: numbers made by torch and compressed-tensors (oracle/make_kernels.py).
struct KernelReference: Decodable {
  struct Conversions: Decodable {
    var decode: [String: String]
    var encode: [String: String]
    var encoded: Int
  }
  struct Activations: Decodable {
    var x: [Float]
    var gelu, geluTanh, quickGelu, silu, relu, sigmoid: [Double]
  }
  struct Norms: Decodable {
    var rows, width: Int
    var epsilon, softmaxScale: Float
    var x, weight, bias: [Float]
    var layerNorm, rmsNorm, softmax: [Double]
  }
  struct Rotation: Decodable {
    var tokens, heads, width: Int
    var x, cosines, sines: [Float]
    var rotated: [Double]
  }
  struct Attention: Decodable {
    var tokens, heads, width: Int
    var scale: Float
    var segments: [Int]
    var query, key, value: [Float]
    var output: [Double]
  }
  struct DecoderAttention: Decodable {
    struct Case: Decodable {
      var name: String
      var first, end: [Int]
      var softCap: Float?
      var output: [Double]
    }
    var heads, keyHeads, width: Int
    var scale: Float
    var query, key, value: [Float]
    var cases: [Case]
  }
  struct Quantization: Decodable {
    var rows, width: Int
    var x, channelScales, tokenScales: [Float]
    var channelCodes, tokenCodes: [Int8]
  }
  struct DeltaRule: Decodable {
    var tokens, heads, keyHeads, keyWidth, valueWidth, taps: Int
    var parts: [Int]
    var rows, decay, rate, weights: [Float]
    var output, state, convolved: [Double]
  }
  var conversions: Conversions
  var activations: Activations
  var norms: Norms
  var rotation: Rotation
  var attention: Attention
  var decoderAttention: DecoderAttention
  var quantization: Quantization
  var deltaRule: DeltaRule

  static let shared: KernelReference = {
    do {
      return try JSONDecoder().decode(
        KernelReference.self, from: Data(contentsOf: Fixture.url("kernels/reference.json")))
    } catch {
      fatalError("fixtures/kernels/reference.json: \(error)")
    }
  }()
}

/// Lengths on both sides of every vector width and tile edge.
let straddlingLengths = [1, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 3420, 4304]

/// Largest |a - b| relative to the largest |b|.
func deviation(_ a: [Float], from b: [Double]) -> Double {
  precondition(a.count == b.count)
  let largest = b.map(abs).max() ?? 0
  return zip(a, b).map { abs(Double($0) - $1) }.max()! / max(largest, .leastNormalMagnitude)
}

func deviation(_ a: [Float], from b: [Float]) -> Double { deviation(a, from: b.map(Double.init)) }

/// SplitMix64 with a seed that failures print.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
  /// Roughly normal values: the sum of four uniform ones.
  mutating func floats(_ count: Int, scale: Float = 1) -> [Float] {
    (0..<count).map { _ in
      (0..<4).reduce(Float(0)) { sum, _ in sum + Float.random(in: -1...1, using: &self) } * scale
    }
  }
  mutating func codes(_ count: Int) -> [Int8] {
    (0..<count).map { _ in Int8.random(in: -128...127, using: &self) }
  }
}
