import Checkpoints
import Files
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Mapping
@testable import Quantization

/// Q8_0 and Q4_0 for llama.cpp; the truth is its own converter's and gguf-py's (`make_gguf_models.py`).
@Suite struct GGUFQuantizationTests {
  @Test(arguments: ["qwen2_vl", "qwen3_vl", "internvl_qwen3", "qwen3_vl_moe"], [8, 4]) func blocksAreThoseOfTheConverter(
    model: String, bits: Int
  ) throws {
    let (scheme, type) = ("q\(bits)_0", "Q\(bits)_0")
    let said = try JSONValue(
      parsing: Data(contentsOf: Fixture.url("containers/gguf/models.json")), file: "models.json",
      code: .configSyntax)
    let source = try MappedCheckpoint.open(
      Fixture.url(try #require(said.at("\(model).source")?.stringValue)).path)
    try Fixture.withTemporaryDirectory { directory in
      let output = directory.appending(path: "q8").path
      let options = try QuantizationOptions(output: output, format: .gguf, scheme: scheme)
      let report = try source.quantize(options)
      #expect(report.scheme == scheme && report.granularity == "group 32")
      var compared = 0
      for name in ["model.gguf", "mmproj.gguf"] {
        let file = try GGUFFile(output + "/" + name)
        let wanted = try #require(said[model]?[scheme]?[name]?.objectValue)
        for (place, tensor) in file.tensors.enumerated() where tensor.type == type {
          var bytes = [UInt8](repeating: 0, count: tensor.byteCount)
          let count = bytes.count
          try bytes.withUnsafeMutableBytes { try file.read(place, 0..<count, into: $0) }
          #expect(
            .string(bytes.withUnsafeBytes { SHA256.hash(of: $0) }) == wanted[tensor.name], "\(tensor.name)")
          compared += 1
        }
        // Whatever is no linear layer stays in floats: with the converter the embedding and the head do not.
        let own = Set(file.tensors.filter { $0.type == type }.map(\.name))
        #expect(
          wanted.keys.allSatisfy { own.contains($0) || ["token_embd.weight", "output.weight"].contains($0) },
          "\(name)")
      }
      #expect(compared > 10)
      // Read again they are the floats that gguf-py makes of them, within the scheme's bound of what they were.
      let read = try MappedCheckpoint.open(output)
      #expect(read.quantized?.kinds.keys.sorted() == [type] && read.quantized?.method == "GGUF")
      let parameter = "vision.blocks.0.mlp.up.weight"
      let (one, other) = (try source.floats(parameter), try read.floats(parameter))
      let peak = one.values.map(abs).max()!
      #expect(zip(one.values, other.values).allSatisfy { abs($0 - $1) <= peak / (bits == 8 ? 127 : 7) })
      #expect(one.values != other.values)
    }
  }

  @Test func zerosAndWhatHasNoScale() throws {
    let codec = GGMLScheme(bits: 8).codec(
      for: WeightRows(columns: 64, dtype: .f32, granularity: .group(32), scaleDType: .f16))
    func outcome(_ change: (inout [Float]) -> Void) -> (RowsOutcome, [Int8], [Float]) {
      var weights = [Float](repeating: 0, count: 64)
      change(&weights)
      var (codes, scales) = ([Int8](repeating: 1, count: 64), [Float](repeating: 1, count: 2))
      let result = weights.withUnsafeBytes { source in
        codec.quantize(rows: 1, source: source.baseAddress!, codes: &codes, scales: &scales)
      }
      return (result, codes, scales)
    }
    let zeros = outcome { _ in }
    #expect(zeros.0 == .done(LossSums()) && zeros.1.allSatisfy { $0 == 0 } && zeros.2 == [0, 0])
    let halves = outcome {
      $0[0] = 127; $0[1] = 0.5; $0[2] = -0.5; $0[3] = 1.5
    }
    #expect(Array(halves.1.prefix(4)) == [127, 1, -1, 2] && halves.2 == [1, 0])
    for value: Float in [1e-44, 1e-40] {
      let small = outcome { $0[40] = value }
      #expect(small.1.allSatisfy { $0 == 0 } && small.2 == [0, 0], "\(value)")
    }
    for value: Float in [.nan, .infinity, 1e9] {
      #expect(outcome { $0[40] = value }.0 == .notFinite(row: 0), "\(value)")
    }
  }
}
