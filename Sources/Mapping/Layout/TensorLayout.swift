internal import Tensors

/// Where the elements of a tensor lie in other tensors: strided windows, joined along at most one axis.
///
/// Every transform of a family file is an operation on layouts. Nothing moves until bytes are asked for, and
/// then each byte is copied once, from its place in the source to its place in the result.
///
///     let fused = TensorLayout(source: "attn.qkv.weight", shape: [12, 4])
///     let key = try fused.sliced(axis: 0, 4..<8)          // rows 4 to 7, still the source's bytes
///     let back = try TensorLayout.joined([query, key, value], axis: 0)
struct TensorLayout: Sendable, Equatable {
  /// A window on one source; the stride of every fine axis is counted in elements.
  struct Piece: Sendable, Equatable {
    var source: String
    var offset: Int
    var strides: [Int]
    /// Extent along the joint; the whole extent when there is no joint.
    var jointExtent: Int
  }

  /// Fine axes: the result's axes, cut finer where a reshape asked for it. Extents of 1 are left out.
  var extents: [Int]
  /// How many fine axes make up each axis of the result.
  var groups: [Int]
  var shape: [Int]
  /// The fine axis along which the pieces are joined, when there are several.
  var joint: Int?
  var pieces: [Piece]
  /// Every element is multiplied by this, a power of two.
  var scale = 1.0
  /// Layouts, one step of axis 0 each, that this consists of where they are themselves joined on another axis;
  /// `pieces` are then theirs.
  var steps: [TensorLayout] = []

  /// All of a source tensor as it stands.
  init(source: String, shape: [Int]) {
    var strides: [Int] = []
    var stride = 1
    for extent in shape.reversed() {
      if extent != 1 { strides.insert(stride, at: 0) }
      // A shape without elements may have extents whose product overflows.
      stride = stride &* extent
    }
    self.shape = shape
    extents = shape.filter { $0 != 1 }
    groups = shape.map { $0 == 1 ? 0 : 1 }
    pieces = [Piece(source: source, offset: 0, strides: strides, jointExtent: 0)]
  }

  var count: Int { shape.contains(0) ? 0 : shape.reduce(1, *) }

  /// Names of the tensors whose bytes are needed, in order of first use.
  var sources: [String] {
    var seen: Set<String> = []
    return pieces.map(\.source).filter { seen.insert($0).inserted }
  }

  static func unsupported(_ message: String) -> VLMError { VLMError(.layoutUnsupported, message) }

  // MARK: Operations

  /// Multiplies every element; `factor` is a power of two, so that dividing gives the bits back.
  func scaled(by factor: Double) -> TensorLayout {
    var result = self
    result.scale *= factor
    return result
  }

  /// Axis `k` of the result is axis `permutation[k]` of this.
  func permuted(_ permutation: [Int]) throws(VLMError) -> TensorLayout {
    guard permutation.sorted() == Array(shape.indices) else {
      throw Self.unsupported("\(permutation) is no permutation of the \(shape.count) axes of \(shape)")
    }
    guard steps.isEmpty else {
      guard permutation[0] == 0 else { throw Self.unsupported("stacked tensors stay on axis 0") }
      return try eachStep { step throws(VLMError) in try step.permuted(permutation) }
    }
    var starts: [Int] = []
    var start = 0
    for size in groups {
      starts.append(start)
      start += size
    }
    let order = permutation.flatMap { axis in starts[axis]..<(starts[axis] + groups[axis]) }
    var result = self
    result.shape = permutation.map { shape[$0] }
    result.groups = permutation.map { groups[$0] }
    result.extents = order.map { extents[$0] }
    result.joint = joint.map { joint in order.firstIndex(of: joint)! }
    for index in pieces.indices { result.pieces[index].strides = order.map { pieces[index].strides[$0] } }
    return result
  }

  /// The same elements in the same order under another shape.
  func reshaped(_ shape: [Int]) throws(VLMError) -> TensorLayout {
    guard shape.allSatisfy({ $0 >= 0 }), Self.product(shape) == count else {
      throw Self.unsupported("\(self.shape) cannot be reshaped to \(shape)")
    }
    guard steps.isEmpty else {
      guard shape.first == steps.count else { throw Self.unsupported("stacked tensors stay on axis 0") }
      return try eachStep { step throws(VLMError) in try step.reshaped([1] + shape.dropFirst()) }
    }
    var result = self
    result.shape = shape
    guard count > 0 else {
      result.extents = shape.filter { $0 != 1 }
      result.groups = shape.map { $0 == 1 ? 0 : 1 }
      result.joint = nil
      result.pieces = [pieces[0]]
      result.pieces[0].strides = result.extents.map { _ in 0 }
      return result
    }
    result.groups = []
    var axis = 0
    for extent in shape {
      var needed = extent
      var taken = 0
      while needed > 1 {
        let fine = result.extents[axis]
        if needed % fine == 0 {
          needed /= fine
        } else if fine % needed == 0 {
          try result.cut(axis, outer: needed)
          needed = 1
        } else {
          throw Self.unsupported("\(self.shape) to \(shape) cuts across what earlier steps joined")
        }
        axis += 1
        taken += 1
      }
      result.groups.append(taken)
    }
    return result
  }

  /// Cuts a fine axis into `outer` times the rest.
  private mutating func cut(_ axis: Int, outer: Int) throws(VLMError) {
    let inner = extents[axis] / outer
    if joint == axis, !pieces.allSatisfy({ $0.jointExtent % inner == 0 }) {
      throw Self.unsupported("a reshape cuts through a seam between joined tensors")
    }
    extents.replaceSubrange(axis...axis, with: [outer, inner])
    for index in pieces.indices {
      let stride = pieces[index].strides[axis]
      pieces[index].strides.replaceSubrange(axis...axis, with: [stride * inner, stride])
      if joint == axis { pieces[index].jointExtent /= inner }
    }
    if joint == axis { mergePieces() }
    if let joint, joint > axis { self.joint = joint + 1 }
  }

  /// The part with `range` on `axis`.
  func sliced(axis: Int, _ range: Range<Int>) throws(VLMError) -> TensorLayout {
    guard shape.indices.contains(axis), range.lowerBound >= 0, range.upperBound <= shape[axis] else {
      throw Self.unsupported("no part \(range) on axis \(axis) of \(shape)")
    }
    if range.count == shape[axis] { return self }
    guard steps.isEmpty else {
      if axis > 0 { return try eachStep { step throws(VLMError) in try step.sliced(axis: axis, range) } }
      return range.count == 1
        ? steps[range.lowerBound] : range.isEmpty ? steps[0] : TensorLayout(steps: Array(steps[range]))
    }
    var result = self
    result.shape[axis] = range.count
    guard count > 0 else { return TensorLayout(source: pieces[0].source, shape: result.shape) }
    // Only the outermost fine axis of the axis is cut, so the part must consist of whole steps of it.
    let fine = groups[..<axis].reduce(0, +)
    let inner = extents[(fine + 1)..<(fine + groups[axis])].reduce(1, *)
    guard range.lowerBound % inner == 0, range.count % inner == 0 else {
      throw Self.unsupported(
        "part \(range) on axis \(axis) of \(shape) cuts across what earlier steps joined")
    }
    let lower = range.lowerBound / inner
    let extent = range.count / inner
    result.extents[fine] = extent
    if joint == fine {
      var start = 0
      var kept: [Piece] = []
      for piece in pieces {
        let part = (start..<(start + piece.jointExtent)).clamped(to: lower..<(lower + extent))
        if !part.isEmpty {
          var window = piece
          window.offset += (part.lowerBound - start) * piece.strides[fine]
          window.jointExtent = part.count
          kept.append(window)
        }
        start += piece.jointExtent
      }
      result.pieces = kept
      result.forgetSingleJoint()
    } else {
      for index in pieces.indices { result.pieces[index].offset += lower * pieces[index].strides[fine] }
    }
    if extent == 1 { result.drop(fine, ofAxis: axis) }
    return result
  }

  /// Forgets a fine axis of extent 1.
  private mutating func drop(_ fine: Int, ofAxis axis: Int) {
    extents.remove(at: fine)
    groups[axis] -= 1
    for index in pieces.indices { pieces[index].strides.remove(at: fine) }
    if joint == fine { joint = nil }
    if let joint, joint > fine { self.joint = joint - 1 }
  }

  /// Product of extents that come from a file, `nil` on overflow.
  static func product(_ extents: [Int]) -> Int? { Shape(validating: extents)?.count }
}
