internal import Files
internal import Tensors

/// A tensor in its storage, with every rule of `formats/containers/torch.md` checked: where its elements stand in the file.
struct TorchView: Sendable {
  let descriptor: TensorDescriptor
  /// The bytes of the file from the first element to the last; empty where there are no elements.
  let range: Range<Int>
  /// Axes with more than one step, outermost first, merged where one goes on with the next. None for a single element.
  private let axes: [Axis]

  struct Axis: Equatable, Sendable {
    let extent: Int
    /// In bytes.
    var stride: Int
  }

  /// Whether the elements stand in `range` as they are read: row-major, without gaps.
  var isContiguous: Bool {
    axes.isEmpty || axes.count == 1 && axes[0].stride == descriptor.dtype.bits / 8
  }

  /// - Parameter storage: where the bytes of the tensor's storage stand in the file.
  /// - Throws: `torch.dtype`, `torch.lazy`, `torch.storage`, `torch.shape`, `torch.outside`, `torch.overlap`.
  init(_ tensor: TorchTensor, name: String, storage: Range<Int>, file: String) throws(VLMError) {
    func failure(_ code: VLMError.Code, _ message: String, _ remedy: String? = nil) -> VLMError {
      VLMError(
        code, message, file: file, tensor: name, offset: tensor.offset,
        remedy: remedy ?? "the file is damaged or was written by faulty software; get it again")
    }
    guard let dtype = tensor.dtype else {
      throw failure(.torchDType, "its storage has no dtype, and neither has the tensor")
    }
    guard !tensor.isLazy else {
      throw failure(
        .torchLazy, "its elements are to be negated or conjugated when they are read",
        "save tensor.resolve_neg().resolve_conj()")
    }
    let width = dtype.bits / 8
    let unit = tensor.storage.dtype == nil ? 1 : width
    guard storage.count / unit == tensor.storage.count else {
      throw failure(
        .torchStorage,
        "its storage \(tensor.storage.key) should have \(tensor.storage.count) elements of \(unit) bytes, and has "
          + "\(storage.count) bytes")
    }
    let extents = tensor.extents
    guard tensor.strides.count == extents.count, tensor.start >= 0, tensor.strides.allSatisfy({ $0 >= 0 }),
      let shape = Shape(validating: extents), shape.byteCount(of: dtype) != nil
    else {
      throw failure(
        .torchShape, "there is no shape \(extents) with strides \(tensor.strides) from element \(tensor.start) on")
    }
    descriptor = TensorDescriptor(name: name, dtype: dtype, shape: shape)
    guard shape.count > 0 else {
      (range, axes) = (storage.lowerBound..<storage.lowerBound, [])
      return
    }
    let steps = zip(extents, tensor.strides).filter { $0.0 > 1 }
    let capacity = storage.count / width
    guard let last = Self.last(steps, from: tensor.start), last < capacity else {
      throw failure(
        .torchOutside,
        "shape \(shape) with strides \(tensor.strides) from element \(tensor.start) on goes past its storage of "
          + "\(capacity) elements")
    }
    // Sorted by stride, each axis must step over all that those before it reach.
    var reach = 0
    for (extent, stride) in steps.sorted(by: { $0.1 < $1.1 }) {
      guard stride > reach else {
        throw failure(
          .torchOverlap, "elements of shape \(shape) with strides \(tensor.strides) share their places",
          "save tensor.contiguous(), which writes each element")
      }
      reach += (extent - 1) * stride
    }
    range = storage.lowerBound + tensor.start * width..<storage.lowerBound + (last + 1) * width
    axes = Self.merged(steps.map { Axis(extent: $0.0, stride: $0.1 * width) })
  }

  /// The element of the storage that is the last; `nil` when that is no number.
  private static func last(_ steps: [(Int, Int)], from start: Int) -> Int? {
    var last = start
    for (extent, stride) in steps {
      let (way, overflow) = (extent - 1).multipliedReportingOverflow(by: stride)
      let (sum, overflows) = last.addingReportingOverflow(way)
      guard !overflow, !overflows else { return nil }
      last = sum
    }
    return last
  }

  private static func merged(_ axes: [Axis]) -> [Axis] {
    var merged: [Axis] = []
    for axis in axes {
      if let outer = merged.last, outer.stride == axis.stride * axis.extent {
        merged[merged.count - 1] = Axis(extent: outer.extent * axis.extent, stride: axis.stride)
      } else {
        merged.append(axis)
      }
    }
    return merged
  }

  /// Copies elements, counted row-major, into `destination`.
  ///
  /// - Parameter bytes: those of `range`.
  /// - Complexity: O(elements), and O(axes) for each run along the last axis.
  func gather(
    _ elements: Range<Int>, from bytes: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer
  ) {
    let width = descriptor.dtype.bits / 8
    guard !elements.isEmpty else { return }
    guard let inner = axes.last else { return destination.copyMemory(from: bytes) }
    var element = elements.lowerBound
    var written = 0
    while element < elements.upperBound {
      var place = 0
      var rest = element / inner.extent
      for axis in axes.dropLast().reversed() {
        place += rest % axis.extent * axis.stride
        rest /= axis.extent
      }
      let first = element % inner.extent
      let count = min(inner.extent - first, elements.upperBound - element)
      place += first * inner.stride
      let target = UnsafeMutableRawBufferPointer(rebasing: destination[written..<written + count * width])
      if inner.stride == width {
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[place..<place + count * width]))
      } else {
        let source = UnsafeRawBufferPointer(rebasing: bytes[place...])
        switch width {
        case 1: Self.copy(UInt8.self, count, source, inner.stride, target)
        case 2: Self.copy(UInt16.self, count, source, inner.stride, target)
        case 4: Self.copy(UInt32.self, count, source, inner.stride, target)
        default: Self.copy(UInt64.self, count, source, inner.stride, target)
        }
      }
      element += count
      written += count * width
    }
  }

  @inline(__always)
  private static func copy<Word: FixedWidthInteger>(
    _: Word.Type, _ count: Int, _ source: UnsafeRawBufferPointer, _ stride: Int,
    _ target: UnsafeMutableRawBufferPointer
  ) {
    let width = MemoryLayout<Word>.size
    for index in 0..<count {
      target.storeBytes(
        of: source.loadUnaligned(fromByteOffset: index * stride, as: Word.self), toByteOffset: index * width,
        as: Word.self)
    }
  }
}
