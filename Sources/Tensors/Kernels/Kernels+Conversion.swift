internal import CKernels

extension Kernels {
  /// Whether `dtype` can be turned into f32 and back.
  package static func converts(_ dtype: DType) -> Bool { dtype.kernelType != nil }

  /// Writes `source`, elements of `dtype`, as f32.
  ///
  /// Exact for every type but F64, which is rounded to nearest even. `source` needs no alignment beyond its element's.
  package func convert(
    _ source: UnsafeRawBufferPointer, of dtype: DType, to destination: UnsafeMutableBufferPointer<Float>
  ) {
    let type = Self.type(dtype)
    precondition(
      source.count * 8 >= destination.count * dtype.bits, "\(source.count) bytes for \(destination.count)")
    guard let from = source.baseAddress, let to = destination.baseAddress else { return }
    table.pointee.to_f32(from, type, to, destination.count)
  }

  /// Writes f32 values as elements of `dtype`, rounded to nearest even; overflow and NaN come out as in torch.
  package func convert(
    _ source: UnsafeBufferPointer<Float>, to dtype: DType, in destination: UnsafeMutableRawBufferPointer
  ) {
    let type = Self.type(dtype)
    precondition(
      destination.count * 8 >= source.count * dtype.bits, "\(destination.count) bytes for \(source.count)")
    guard let from = source.baseAddress, let to = destination.baseAddress else { return }
    table.pointee.from_f32(from, to, type, source.count)
  }

  /// Rounds f32 values to those that `dtype` has.
  package func round(_ values: UnsafeMutableBufferPointer<Float>, as dtype: DType) {
    guard dtype != .f32 else { return }
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: values.count * dtype.bits / 8, alignment: 64)
    defer { bytes.deallocate() }
    convert(UnsafeBufferPointer(values), to: dtype, in: bytes)
    convert(UnsafeRawBufferPointer(bytes), of: dtype, to: values)
  }

  static func type(_ dtype: DType) -> vk_type {
    guard let type = dtype.kernelType else {
      preconditionFailure("no conversion between \(dtype.rawValue) and F32")
    }
    return type
  }
}

extension DType {
  var kernelType: vk_type? {
    switch self {
    case .f32: VK_F32
    case .bf16: VK_BF16
    case .f16: VK_F16
    case .f64: VK_F64
    case .f8E4M3: VK_F8_E4M3
    case .f8E5M2: VK_F8_E5M2
    case .f8E8M0: VK_F8_E8M0
    case .f8E4M3FNUZ: VK_F8_E4M3FNUZ
    case .f8E5M2FNUZ: VK_F8_E5M2FNUZ
    default: nil
    }
  }
}
