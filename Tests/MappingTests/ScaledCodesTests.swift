import Mapping
import Testing

@Suite struct ScaledCodesTests {
  @Test func namesOfScalesLeadToWeightsAndBack() {
    let scale = ScaledCodes.scaleName(of: "vision.blocks.0.mlp.up.weight")
    #expect(scale == "vision.blocks.0.mlp.up.weight_scale")
    #expect(ScaledCodes.weightName(ofScale: scale) == "vision.blocks.0.mlp.up.weight")
    #expect(ScaledCodes.weightName(ofScale: "contrastive.logit_scale") == nil)
  }

  /// Any run of elements, however it begins and ends within rows and groups, comes out as its part of the whole.
  @Test(arguments: [Granularity.channel, .group(4), .group(12)], [0..<1, 0..<36, 3..<5, 11..<13, 12..<36, 17..<30, 7..<7])
  func dequantizesAnyRunOfElements(_ granularity: Granularity, _ elements: Range<Int>) {
    let stored = ScaledCodes(columns: 12, granularity: granularity)
    let codes = (0..<36).map { Int8(truncatingIfNeeded: $0 * 37) }
    let scales = (0..<3 * stored.scalesPerRow).map { 0.5 + Float($0) }
    let whole = codes.indices.map { index in
      Float(codes[index]) * scales[index / 12 * stored.scalesPerRow + index % 12 / stored.columnsPerScale]
    }
    var values = [Float](repeating: .nan, count: elements.count)
    Array(codes[elements]).withUnsafeBufferPointer { codes in
      Array(scales[(elements.lowerBound / 12 * stored.scalesPerRow)...]).withUnsafeBufferPointer { scales in
        values.withUnsafeMutableBufferPointer { values in
          guard let values = values.baseAddress, let codes = codes.baseAddress else { return }
          stored.dequantize(codes, elements, scales: scales.baseAddress!, into: values)
        }
      }
    }
    #expect(values == Array(whole[elements]))
  }
}
