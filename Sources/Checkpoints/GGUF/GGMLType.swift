package import Tensors

/// An element type of ggml: single elements, or blocks of them with their scales.
package struct GGMLType: Hashable, Sendable {
  package let number: UInt32
  package let name: String
  /// Elements of a block along the innermost axis; 1 for plain numbers.
  package let blockCount: Int
  package let blockByteCount: Int
  /// What its elements are when they are plain numbers.
  package let dtype: DType?

  private init(_ number: UInt32, _ name: String, _ dtype: DType) {
    (self.number, self.name, self.dtype) = (number, name, dtype)
    (blockCount, blockByteCount) = (1, dtype.bits / 8)
  }

  private init(_ number: UInt32, _ name: String, _ blockCount: Int, _ blockByteCount: Int) {
    (self.number, self.name, dtype) = (number, name, nil)
    (self.blockCount, self.blockByteCount) = (blockCount, blockByteCount)
  }

  package init?(_ number: UInt32) {
    guard let found = Self.all.first(where: { $0.number == number }) else { return nil }
    self = found
  }

  /// Every type that ggml has; numbers that are missing were taken out of it.
  package static let all: [GGMLType] = [
    GGMLType(0, "F32", .f32), GGMLType(1, "F16", .f16), GGMLType(2, "Q4_0", 32, 18),
    GGMLType(3, "Q4_1", 32, 20),
    GGMLType(6, "Q5_0", 32, 22), GGMLType(7, "Q5_1", 32, 24), GGMLType(8, "Q8_0", 32, 34),
    GGMLType(9, "Q8_1", 32, 40), GGMLType(10, "Q2_K", 256, 84), GGMLType(11, "Q3_K", 256, 110),
    GGMLType(12, "Q4_K", 256, 144), GGMLType(13, "Q5_K", 256, 176), GGMLType(14, "Q6_K", 256, 210),
    GGMLType(15, "Q8_K", 256, 292), GGMLType(16, "IQ2_XXS", 256, 66), GGMLType(17, "IQ2_XS", 256, 74),
    GGMLType(18, "IQ3_XXS", 256, 98), GGMLType(19, "IQ1_S", 256, 50), GGMLType(20, "IQ4_NL", 32, 18),
    GGMLType(21, "IQ3_S", 256, 110), GGMLType(22, "IQ2_S", 256, 82), GGMLType(23, "IQ4_XS", 256, 136),
    GGMLType(24, "I8", .i8), GGMLType(25, "I16", .i16), GGMLType(26, "I32", .i32), GGMLType(27, "I64", .i64),
    GGMLType(28, "F64", .f64), GGMLType(29, "IQ1_M", 256, 56), GGMLType(30, "BF16", .bf16),
    GGMLType(34, "TQ1_0", 256, 54), GGMLType(35, "TQ2_0", 256, 66), GGMLType(39, "MXFP4", 32, 17),
    GGMLType(40, "NVFP4", 64, 36), GGMLType(41, "Q1_0", 128, 18),
  ]
}
