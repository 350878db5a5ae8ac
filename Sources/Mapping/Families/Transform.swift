internal import Tensors

/// A step from a source tensor to runtime parameters. The set is closed and every step can be undone.
package enum Transform: Sendable, Equatable {
  /// Axis `k` of the result is axis `[k]` of the source.
  case transpose([Int])
  /// Same elements, same order, other shape.
  case reshape(from: [Extent], to: [Extent])
  /// Removes axes of extent 1.
  case squeeze([Int])
  /// Reorders each head's rows on an axis from pairs `x0 y0 x1 y1 …` to halves `x0 x1 … y0 y1 …`.
  case rotaryHalves(axis: Int, heads: Extent)
  /// Multiplies by a power of two.
  case scale(Double)
  /// One tensor to several, cut along an axis; the sizes are those of the parameters.
  case split(axis: Int)
  /// Several tensors, of equal size, to one.
  case concat(axis: Int)
  /// Several tensors to one with a new axis.
  case stack(axis: Int)
  /// One tensor to several, one for every step of an axis, which goes.
  case unstack(axis: Int)

  /// Whether the step makes several tensors of one.
  var fansOut: Bool {
    switch self {
    case .split, .unstack: true
    default: false
    }
  }

  /// Whether the step makes one tensor of several.
  var fansIn: Bool {
    switch self {
    case .concat, .stack: true
    default: false
    }
  }

  /// As a manifest and a listing spell it.
  var text: String {
    switch self {
    case .transpose(let axes): "transpose \(axes.map(String.init).joined(separator: ","))"
    case .reshape: "reshape"
    case .squeeze(let axes): "squeeze \(axes.map(String.init).joined(separator: ","))"
    case .rotaryHalves(let axis, _): "rotary halves \(axis)"
    case .scale(let factor): "scale \(factor)"
    case .split(let axis): "split \(axis)"
    case .concat(let axis): "concat \(axis)"
    case .stack(let axis): "stack \(axis)"
    case .unstack(let axis): "unstack \(axis)"
    }
  }

  // MARK: Source to runtime

  /// The step on one tensor; not for steps that fan.
  func apply(_ layout: TensorLayout, _ symbols: ConfigurationSymbols) throws(VLMError) -> TensorLayout {
    switch self {
    case .transpose(let axes): return try layout.permuted(axes)
    case .reshape(let from, let to):
      let before = try symbols.resolve(from, count: layout.count)
      guard before == layout.shape else {
        throw TensorLayout.unsupported("shape is \(layout.shape), the configuration asks for \(before)")
      }
      return try layout.reshaped(try symbols.resolve(to, count: layout.count))
    case .squeeze(let axes):
      guard axes.allSatisfy({ layout.shape.indices.contains($0) && layout.shape[$0] == 1 }) else {
        throw TensorLayout.unsupported("axes \(axes) of \(layout.shape) are not all of extent 1")
      }
      return try layout.reshaped(layout.shape.indices.filter { !axes.contains($0) }.map { layout.shape[$0] })
    case .rotaryHalves(let axis, let heads):
      return try Self.regroup(layout, axis, heads, symbols, pairsFirst: true)
    case .scale(let factor): return layout.scaled(by: factor)
    case .split, .concat, .stack, .unstack: preconditionFailure("\(text) fans")
    }
  }

  /// Undoes the step on one tensor; not for steps that fan.
  func undo(_ layout: TensorLayout, _ symbols: ConfigurationSymbols) throws(VLMError) -> TensorLayout {
    switch self {
    case .transpose(let axes):
      return try layout.permuted(axes.indices.map { index in axes.firstIndex(of: index)! })
    case .reshape(let from, let to):
      return try Transform.reshape(from: to, to: from).apply(layout, symbols)
    case .squeeze(let axes):
      var shape = layout.shape
      for axis in axes.sorted() {
        guard axis <= shape.count else { throw TensorLayout.unsupported("no axis \(axis)") }
        shape.insert(1, at: axis)
      }
      return try layout.reshaped(shape)
    case .rotaryHalves(let axis, let heads):
      return try Self.regroup(layout, axis, heads, symbols, pairsFirst: false)
    case .scale(let factor): return layout.scaled(by: 1 / factor)
    case .split, .concat, .stack, .unstack: preconditionFailure("\(text) fans")
    }
  }

  private static func regroup(
    _ layout: TensorLayout, _ axis: Int, _ heads: Extent, _ symbols: ConfigurationSymbols, pairsFirst: Bool
  ) throws(VLMError) -> TensorLayout {
    let count = try symbols.resolve([heads], count: 1)[0]
    guard layout.shape.indices.contains(axis), count > 0, layout.shape[axis] % (2 * count) == 0 else {
      throw TensorLayout.unsupported(
        "axis \(axis) of \(layout.shape) does not divide into \(count) heads of pairs")
    }
    let half = layout.shape[axis] / (2 * count)
    var fine = layout.shape
    fine.replaceSubrange(axis...axis, with: pairsFirst ? [count, half, 2] : [count, 2, half])
    var order = Array(fine.indices)
    order.swapAt(axis + 1, axis + 2)
    return try layout.reshaped(fine).permuted(order).reshaped(layout.shape)
  }

  // MARK: Fanning

  /// Cuts one tensor into parts along the step's axis; `extents` are the parts' sizes there.
  func takeApart(_ layout: TensorLayout, extents: [Int]) throws(VLMError) -> [TensorLayout] {
    let (axis, removesAxis) = fanAxis
    guard layout.shape.indices.contains(axis), TensorLayout.product(layout.shape) != nil,
      extents.reduce(0, { $0 &+ $1 }) == layout.shape[axis]
    else {
      throw TensorLayout.unsupported(
        "axis \(axis) of \(layout.shape) does not divide into parts of "
          + extents.map(String.init).joined(separator: ", ")
      )
    }
    var parts: [TensorLayout] = []
    var start = 0
    for extent in extents {
      var part = try layout.sliced(axis: axis, start..<(start + extent))
      if removesAxis {
        var shape = part.shape
        shape.remove(at: axis)
        part = try part.reshaped(shape)
      }
      parts.append(part)
      start += extent
    }
    return parts
  }

  /// Puts parts together along the step's axis.
  func putTogether(_ parts: [TensorLayout]) throws(VLMError) -> TensorLayout {
    let (axis, addsAxis) = fanAxis
    guard addsAxis else { return try TensorLayout.joined(parts, axis: axis) }
    var raised: [TensorLayout] = []
    for part in parts {
      guard axis <= part.shape.count else { throw TensorLayout.unsupported("no axis \(axis) to stack on") }
      var shape = part.shape
      shape.insert(1, at: axis)
      raised.append(try part.reshaped(shape))
    }
    return try TensorLayout.joined(raised, axis: axis)
  }

  /// The axis that a fanning step works on, and whether parts lack it.
  var fanAxis: (axis: Int, isNew: Bool) {
    switch self {
    case .split(let axis), .concat(let axis): (axis, false)
    case .stack(let axis), .unstack(let axis): (axis, true)
    default: preconditionFailure("\(text) does not fan")
    }
  }
}
