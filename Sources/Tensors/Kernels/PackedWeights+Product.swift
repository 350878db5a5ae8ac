internal import CKernels

extension PackedWeights {
  package func multiply(
    _ tokens: PackedTokens, _ epilogue: Epilogue, into out: UnsafeMutablePointer<Float>, stride: Int?
  ) {
    scales.withUnsafeBufferPointer { scales in
      var product = vk_product(self, tokens, epilogue, out, stride: stride)
      product.weight_scales = scales.baseAddress
      product.weights = UnsafeRawPointer(packed.base)
      product.run(tokens)
    }
  }

  package func integerSums(_ tokens: PackedTokens, into out: UnsafeMutablePointer<Int32>) {
    var product = vk_product(self, tokens, integers: out)
    product.weights = UnsafeRawPointer(packed.base)
    product.run(tokens)
  }
}
