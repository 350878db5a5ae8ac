import Checkpoints
@testable import Files
import Foundation
import Policies
import Tensors
import TestSupport
import Testing

/// What a torch and NumPy re-implementation of the specification gave; see fixtures/oracle/make_vlm4vla.py.
enum PolicyOracle {
  static let folder = "policies/vlm4vla/"

  static func json(_ name: String) throws -> JSONValue {
    let path = Fixture.url(folder + name).path
    return try JSONValue(parsing: Data(contentsOf: URL(filePath: path)), file: path, code: .policyMalformed)
  }

  static func statistics(_ name: String?) throws -> ActionStatistics? {
    try name.map { try ActionStatistics(reading: Fixture.url(folder + "statistics/\($0).json").path) }
  }

  /// Tensors of a safetensors file, in f32.
  struct Tensors {
    let file: SafetensorsFile

    init(_ name: String) throws { file = try SafetensorsFile(Fixture.url(folder + name).path) }
    init(path: String) throws { file = try SafetensorsFile(path) }

    func callAsFunction(_ name: String) throws -> [Float] {
      let tensor = try #require(file.tensors.first { $0.name == name })
      return try file.withBytes(of: name) { bytes in
        switch tensor.dtype {
        case .f32: Array(bytes.bindMemory(to: Float.self))
        case .bf16: bytes.bindMemory(to: UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
        default: bytes.map(Float.init)
        }
      }
    }
  }

  /// The small head of H = 32 and T = 4.
  static func head(hidden: Int = 32, chunk: Int = 4, trunk: String = "trunk.safetensors") throws -> FCDecoder {
    let packed = try Data(contentsOf: Fixture.url(folder + "head.safetensors.gz"))
    return try Fixture.withTemporaryDirectory { directory in
      let plain = directory.appending(path: "head.safetensors")
      try Data(gunzipped(packed)).write(to: plain)
      let (branches, own) = (try Tensors(path: plain.path), try Tensors(trunk))
      return try FCDecoder(FCDecoder.Layout(hidden: hidden, chunk: chunk)) { name, inputs, outputs in
        let source = name.hasPrefix("mlp") ? own : branches
        // A shorter chunk's last layers are the first rows of the longer one's.
        return DenseLayer(
          inputs: inputs, outputs: outputs,
          weight: Array(try source("model.act_head.\(name).weight").prefix(inputs * outputs)),
          bias: Array(try source("model.act_head.\(name).bias").prefix(outputs)))
      }
    }
  }

  static func gunzipped(_ data: Data) throws -> [UInt8] {
    // The last four bytes say how many there are.
    let count = data.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    var bytes = [UInt8](repeating: 0, count: count)
    let written = data.withUnsafeBytes { packed in bytes.withUnsafeMutableBytes { Decompression.zlib(packed, into: $0) } }
    try #require(written == count)
    return bytes
  }

  /// Chunks out of the oracle's labels, row by row.
  static func chunks(arm: [Float], gripper: [Float], mask: [Float]?, chunk: Int, dimensions: Int = 6) -> [ActionChunk] {
    let rows = gripper.count / chunk
    return (0..<rows).map { row in
      ActionChunk(
        labels: (0..<chunk).map { step in
          let place = row * chunk + step
          return arm[place * dimensions..<(place + 1) * dimensions].map(Double.init) + [Double(gripper[place])]
        },
        mask: (0..<chunk).map { step in mask.map { $0[row * chunk + step] > 0 } ?? true })
    }
  }
}

extension JSONValue {
  /// All numbers below it, in order.
  var numbers: [Double] { arrayValue?.flatMap(\.numbers) ?? [doubleValue ?? .nan] }
  var rows: [[Double]] { arrayValue!.map(\.numbers) }
  subscript(place: Int) -> JSONValue { arrayValue![place] }
}

/// The largest difference of two lists, infinite where they differ in length.
func apart(_ ours: [Double], _ theirs: [Double]) -> Double {
  ours.count == theirs.count ? zip(ours, theirs).reduce(0) { max($0, abs($1.0 - $1.1)) } : .infinity
}
func apart(_ ours: [Float], _ theirs: [Float]) -> Double { apart(ours.map(Double.init), theirs.map(Double.init)) }
