/// Byte strings with values, for finding every entry that a text begins with at some place.
///
/// Built as children lists, then laid out flat: each node's children sorted by byte, the root's in a table.
struct ByteTrie: Sendable {
  private var nodeValue: [Int32] = [-1]
  /// For building: first child and next sibling.
  private var firstChild: [Int32] = [-1]
  private var sibling: [Int32] = [-1]
  private var byte: [UInt8] = [0]
  /// After `finish`: node i's children are `edges[starts[i]..<starts[i + 1]]`, `byte << 24`-free pairs.
  private var starts: [Int32] = []
  private var edgeBytes: [UInt8] = []
  private var edgeNodes: [Int32] = []
  private var rootChildren = [Int32](repeating: -1, count: 256)

  var isEmpty: Bool { nodeValue.count == 1 }

  /// Adds an entry; `replacing` says whether the last or the first of two with one text counts. Empty ones are ignored.
  mutating func insert(_ bytes: UnsafeBufferPointer<UInt8>, value: Int, replacing: Bool = true) {
    if bytes.isEmpty { return }
    var node = 0
    for (depth, next) in bytes.enumerated() {
      node = depth == 0 ? rootChild(next) : child(of: node, next)
    }
    if replacing || nodeValue[node] < 0 { nodeValue[node] = Int32(value) }
  }

  private mutating func rootChild(_ next: UInt8) -> Int {
    if rootChildren[Int(next)] < 0 { rootChildren[Int(next)] = Int32(add(next)) }
    return Int(rootChildren[Int(next)])
  }

  private mutating func child(of node: Int, _ next: UInt8) -> Int {
    var candidate = firstChild[node]
    while candidate >= 0 {
      if byte[Int(candidate)] == next { return Int(candidate) }
      candidate = sibling[Int(candidate)]
    }
    let new = add(next)
    sibling[new] = firstChild[node]
    firstChild[node] = Int32(new)
    return new
  }

  private mutating func add(_ next: UInt8) -> Int {
    nodeValue.append(-1)
    firstChild.append(-1)
    sibling.append(-1)
    byte.append(next)
    return nodeValue.count - 1
  }

  /// Lays the nodes out for reading; nothing can be added after.
  mutating func finish() {
    starts.reserveCapacity(nodeValue.count + 1)
    var children: [(UInt8, Int32)] = []
    for node in 0..<nodeValue.count {
      starts.append(Int32(edgeBytes.count))
      children.removeAll(keepingCapacity: true)
      var child = firstChild[node]
      while child >= 0 {
        children.append((byte[Int(child)], child))
        child = sibling[Int(child)]
      }
      children.sort { $0.0 < $1.0 }
      for (byte, node) in children {
        edgeBytes.append(byte)
        edgeNodes.append(node)
      }
    }
    starts.append(Int32(edgeBytes.count))
    (firstChild, sibling, byte) = ([], [], [])
  }

  @inline(__always) private func step(_ node: Int, _ next: UInt8) -> Int {
    var low = Int(starts[node])
    var high = Int(starts[node + 1])
    while high - low > 8 {
      let middle = (low + high) / 2
      if edgeBytes[middle] <= next { low = middle } else { high = middle }
    }
    while low < high {
      if edgeBytes[low] == next { return Int(edgeNodes[low]) }
      low += 1
    }
    return -1
  }

  /// Calls `body` with the end and value of every entry that `text` has at `start`, shortest first.
  @inline(__always) func forEachPrefix(
    of text: UnsafeBufferPointer<UInt8>, from start: Int, _ body: (_ end: Int, _ value: Int) -> Void
  ) {
    guard start < text.count else { return }
    var node = Int(rootChildren[Int(text[start])])
    var end = start + 1
    while node >= 0 {
      if nodeValue[node] >= 0 { body(end, Int(nodeValue[node])) }
      guard end < text.count else { return }
      node = step(node, text[end])
      end += 1
    }
  }

  /// Whether an entry begins with this byte.
  @inline(__always) func hasEntry(beginningWith first: UInt8) -> Bool { rootChildren[Int(first)] >= 0 }
}
