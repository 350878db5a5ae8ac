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
  private(set) var extents: [Int]
  /// How many fine axes make up each axis of the result.
  private(set) var groups: [Int]
  private(set) var shape: [Int]
  /// The fine axis along which the pieces are joined, when there are several.
  private(set) var joint: Int?
  private(set) var pieces: [Piece]
  /// Every element is multiplied by this, a power of two.
  private(set) var scale = 1.0

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
    if let joint, joint > axis { self.joint = joint + 1 }
  }

  /// The part with `range` on `axis`.
  func sliced(axis: Int, _ range: Range<Int>) throws(VLMError) -> TensorLayout {
    guard shape.indices.contains(axis), range.lowerBound >= 0, range.upperBound <= shape[axis] else {
      throw Self.unsupported("no part \(range) on axis \(axis) of \(shape)")
    }
    if range.count == shape[axis] { return self }
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

  /// Tensors one after the other along `axis`; all other extents are equal.
  static func joined(_ parts: [TensorLayout], axis: Int) throws(VLMError) -> TensorLayout {
    guard let first = parts.first else { throw unsupported("nothing to join") }
    guard parts.count > 1 else { return first }
    guard first.shape.indices.contains(axis) else { throw unsupported("no axis \(axis) in \(first.shape)") }
    var result = first
    result.shape[axis] = 0
    result.pieces = []
    var extents: [Int]?
    for part in parts {
      var opened = part
      try opened.open(axis)
      let fine = opened.groups[..<axis].reduce(0, +)
      var others = opened.extents
      others.remove(at: fine)
      guard part.scale == first.scale, extents == nil || extents == others else {
        throw unsupported("\(part.shape) and \(first.shape) cannot be joined on axis \(axis)")
      }
      extents = others
      result.groups = opened.groups
      result.joint = fine
      let (extent, overflow) = result.shape[axis].addingReportingOverflow(part.shape[axis])
      guard !overflow else { throw unsupported("extents overflow") }
      result.shape[axis] = extent
      if opened.joint == nil {
        opened.pieces[0].jointExtent = opened.extents[fine]
      } else if opened.joint != fine {
        throw unsupported("tensors joined on one axis cannot be joined on another")
      }
      for piece in opened.pieces { result.append(piece, along: fine) }
    }
    result.extents = extents ?? []
    result.extents.insert(result.shape[axis], at: result.joint!)
    result.forgetSingleJoint()
    return result
  }

  /// A single piece needs no joint.
  private mutating func forgetSingleJoint() {
    guard pieces.count == 1 else { return }
    joint = nil
    pieces[0].jointExtent = 0
  }

  /// Adds a piece; one that goes on where the last ends makes that longer.
  private mutating func append(_ piece: Piece, along fine: Int) {
    guard var last = pieces.last, last.source == piece.source else {
      pieces.append(piece)
      return
    }
    // The stride of a single step is free, so it is what makes the two follow each other.
    if last.jointExtent == 1 { last.strides[fine] = piece.offset - last.offset }
    var next = piece
    if next.jointExtent == 1 { next.strides[fine] = last.strides[fine] }
    if last.strides == next.strides, last.strides[fine] > 0,
      next.offset == last.offset + last.jointExtent * last.strides[fine]
    {
      last.jointExtent += next.jointExtent
      pieces[pieces.count - 1] = last
    } else {
      pieces.append(piece)
    }
  }

  /// Makes `axis` exactly one fine axis, so that another tensor can follow along it.
  private mutating func open(_ axis: Int) throws(VLMError) {
    let fine = groups[..<axis].reduce(0, +)
    if groups[axis] == 0 {
      extents.insert(shape[axis], at: fine)
      groups[axis] = 1
      for index in pieces.indices { pieces[index].strides.insert(0, at: fine) }
      if let joint, joint >= fine { self.joint = joint + 1 }
    }
    while groups[axis] > 1 {
      let inner = extents[fine + 1]
      guard joint != fine + 1, pieces.allSatisfy({ $0.strides[fine] == $0.strides[fine + 1] * inner }) else {
        throw Self.unsupported("axis \(axis) of \(shape) is not contiguous, so nothing can be joined to it")
      }
      extents.replaceSubrange(fine...(fine + 1), with: [extents[fine] * inner])
      groups[axis] -= 1
      for index in pieces.indices {
        pieces[index].strides.remove(at: fine)
        if joint == fine { pieces[index].jointExtent *= inner }
      }
      if let joint, joint > fine + 1 { self.joint = joint - 1 }
    }
  }

  /// Product of extents that come from a file, `nil` on overflow.
  static func product(_ extents: [Int]) -> Int? { Shape(validating: extents)?.count }
}
