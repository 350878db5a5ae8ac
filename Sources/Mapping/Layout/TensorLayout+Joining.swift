internal import Tensors

extension TensorLayout {
  /// Tensors one after the other along `axis`; all other extents are equal.
  static func joined(_ parts: [TensorLayout], axis: Int) throws(VLMError) -> TensorLayout {
    guard let first = parts.first else { throw unsupported("nothing to join") }
    guard parts.count > 1 else { return first }
    guard first.shape.indices.contains(axis) else { throw unsupported("no axis \(axis) in \(first.shape)") }
    guard parts.allSatisfy(\.steps.isEmpty) else {
      throw unsupported("stacked tensors cannot be joined to others")
    }
    // With nothing on axis 0, a joint is on another.
    if axis == 0,
      parts.allSatisfy({
        $0.groups[0] == 0 && $0.joint != nil && $0.shape == first.shape && $0.scale == first.scale
      })
    {
      return TensorLayout(steps: parts)
    }
    var result = first
    result.shape[axis] = 0
    result.pieces = []
    var extents: [Int]?
    var along = 0
    for part in parts {
      var opened = part
      opened.open(axis)
      let fine = opened.groups[..<axis].reduce(0, +)
      var others = opened.extents
      along += others.remove(at: fine)
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
    result.extents.insert(along, at: result.joint!)
    result.forgetSingleJoint()
    return result
  }

  /// Joins again what follows on from one another, now that pieces are shorter along the joint.
  mutating func mergePieces() {
    guard let joint else { return }
    let all = pieces
    pieces = []
    for piece in all { append(piece, along: joint) }
    forgetSingleJoint()
  }

  /// A single piece needs no joint.
  mutating func forgetSingleJoint() {
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

  /// Makes `axis` as few fine axes as it can be, and one at least, so that another tensor can follow along the first of them.
  private mutating func open(_ axis: Int) {
    let fine = groups[..<axis].reduce(0, +)
    if groups[axis] == 0 {
      extents.insert(shape[axis], at: fine)
      groups[axis] = 1
      for index in pieces.indices { pieces[index].strides.insert(0, at: fine) }
      if let joint, joint >= fine { self.joint = joint + 1 }
    }
    while groups[axis] > 1 {
      let inner = extents[fine + 1]
      guard joint != fine + 1, pieces.allSatisfy({ $0.strides[fine] == $0.strides[fine + 1] * inner }) else { return }
      extents.replaceSubrange(fine...(fine + 1), with: [extents[fine] * inner])
      groups[axis] -= 1
      for index in pieces.indices {
        pieces[index].strides.remove(at: fine)
        if joint == fine { pieces[index].jointExtent *= inner }
      }
      if let joint, joint > fine + 1 { self.joint = joint - 1 }
    }
  }

  /// Layouts of shape `[1, …]` one after the other, each joined on an axis of its own.
  init(steps: [TensorLayout]) {
    self = steps[0]
    shape[0] = steps.count
    joint = nil
    pieces = steps.flatMap(\.pieces)
    self.steps = steps
  }

  func eachStep(
    _ change: (TensorLayout) throws(VLMError) -> TensorLayout
  ) throws(VLMError) -> TensorLayout {
    var changed: [TensorLayout] = []
    for step in steps { changed.append(try change(step)) }
    return TensorLayout(steps: changed)
  }
}
