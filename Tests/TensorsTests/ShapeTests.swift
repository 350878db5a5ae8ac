import Tensors
import Testing

@Suite struct ShapeTests {
  @Test func countsElements() {
    #expect(Shape([]).count == 1)
    #expect(Shape([3, 0, 5]).count == 0)
    #expect(Shape([3, 4]).byteCount(of: .bf16) == 24)
  }

  @Test(arguments: [[-1], [Int.max, 2], [1 << 40, 1 << 40], [0, 1 << 40, 1 << 40]])
  func refuses(dimensions: [Int]) { #expect(Shape(validating: dimensions) == nil) }

  @Test func subByteTypesMustFillWholeBytes() {
    #expect(Shape([3]).byteCount(of: .f4) == nil)
    #expect(Shape([4]).byteCount(of: .f6E2M3) == 3)
  }
}
