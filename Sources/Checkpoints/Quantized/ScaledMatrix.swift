internal import Tensors

/// A matrix of codes `[rows, columns]` with scales for parts of it: `w = (code - zero) scale`, or `code scale + bias`.
///
/// The difference is a whole number that every float holds, the product is rounded once, and once more with a bias.
struct ScaledMatrix: StoredWeight {
  /// Numbers in a tensor, and how they stand in it.
  enum Coding: Sendable, Equatable {
    /// Elements of this dtype, at `row rowStride + column columnStride`.
    case plain(DType, rowStride: Int, columnStride: Int)
    /// `value - offset`; its rows are packed where `packsRows`, else its columns. GPTQ of old adds `increment` to words of zeros.
    case packed(PackedIntegers, packsRows: Bool, offset: Int, increment: UInt32 = 0)
  }

  struct Numbers: Sendable {
    let tensor: String
    let coding: Coding
  }

  /// What part of the matrix has a scale of its own.
  enum Granularity: Sendable, Equatable {
    case tensor
    case channel
    case group(Int)
    case block(rows: Int, columns: Int)
  }

  let columns: Int
  let codes: Numbers
  let granularity: Granularity
  let scales: Numbers
  /// As the scales, with the same places.
  let zeros: Numbers?
  /// As the scales; what is added to the product once it is rounded.
  var biases: Numbers?
  /// A tensor of the group of each column, I32.
  var groupOfColumn: String?
  let precision: DType
  /// What the product is multiplied by, too.
  var factor: Float?
  /// `int8`
  let kind: String

  var unit: Int { columns }
  var parts: [String] { [codes.tensor, scales.tensor] + [zeros?.tensor, biases?.tensor, groupOfColumn].compactMap(\.self) }

  var description: String {
    let scale =
      switch granularity {
      case .tensor: "one scale a tensor"
      case .channel: "one scale a channel"
      case .group(let size): "one scale a group of \(size)"
      case .block(let rows, let columns): "one scale a block of \(rows) x \(columns)"
      }
    return "\(kind), \(scale)" + (zeros == nil ? "" : " with a zero point") + (biases == nil ? "" : " and a bias")
      + (groupOfColumn == nil ? "" : ", columns in an order of their own")
  }

  /// Columns that share a scale.
  private var span: Int {
    switch granularity {
    case .tensor, .channel: columns
    case .group(let size): size
    case .block(_, let columns): columns
    }
  }

  /// Scales of a row.
  private var groups: Int { (columns + span - 1) / span }

  private func scaleRow(_ row: Int) -> Int {
    switch granularity {
    case .tensor: 0
    case .channel, .group: row
    case .block(let rows, _): row / rows
    }
  }

  func decode(
    _ units: Range<Int>, _ bytes: [UnsafeRawBufferPointer], into values: UnsafeMutablePointer<Float>
  ) throws(StoredWeightFault) {
    var order: [Int]?
    if let groupOfColumn { order = try Self.order(groupOfColumn, bytes.last!, self) }
    var (scale, zero) = ([Float](repeating: 0, count: groups), [Float](repeating: 0, count: groups))
    let (span, groups) = (span, groups)
    // Two float zero points and codes may differ by more digits than the precision has.
    let roundsDifference =
      if case .plain(let dtype, _, _)? = zeros?.coding { dtype.isFloatingPoint } else { false }
    for row in units {
      let line = values + (row - units.lowerBound) * columns
      codes.read(row: row, count: columns, bytes[0], into: line)
      scale.withUnsafeMutableBufferPointer {
        scales.read(row: scaleRow(row), count: groups, bytes[1], into: $0.baseAddress!)
      }
      if let zeros {
        zero.withUnsafeMutableBufferPointer {
          zeros.read(row: scaleRow(row), count: groups, bytes[2], into: $0.baseAddress!)
        }
      }
      if let order {
        for column in 0..<columns {
          line[column] = (line[column] - zero[order[column]]) * scale[order[column]]
        }
      } else {
        for group in 0..<groups {
          let (first, end) = (group * span, min(columns, (group + 1) * span))
          if zeros != nil {
            for column in first..<end { line[column] -= zero[group] }
            if roundsDifference {
              Kernels.active.round(
                UnsafeMutableBufferPointer(start: line + first, count: end - first), as: precision)
            }
          }
          for column in first..<end { line[column] *= scale[group] }
        }
      }
      if let biases {
        Kernels.active.round(UnsafeMutableBufferPointer(start: line, count: columns), as: precision)
        zero.withUnsafeMutableBufferPointer {
          biases.read(row: scaleRow(row), count: groups, bytes[2], into: $0.baseAddress!)
        }
        for group in 0..<groups {
          let bias = zero[group]
          for column in (group * span)..<min(columns, (group + 1) * span) { line[column] += bias }
        }
      }
      if let factor { for column in 0..<columns { line[column] *= factor } }
    }
  }

  /// The group of each column; no group has more than its size.
  private static func order(
    _ name: String, _ bytes: UnsafeRawBufferPointer, _ matrix: ScaledMatrix
  ) throws(StoredWeightFault) -> [Int]? {
    let order = (0..<matrix.columns).map { Int(bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self)) }
    // compressed-tensors fills it with -1 where there is no order.
    guard !order.contains(-1) else { return nil }
    var counts = [Int](repeating: 0, count: matrix.groups)
    for group in order {
      guard counts.indices.contains(group) else {
        throw StoredWeightFault(part: name, message: "a column is of group \(group), and there are \(counts.count)")
      }
      guard counts[group] < matrix.span else {
        throw StoredWeightFault(part: name, message: "more than \(matrix.span) columns are of group \(group)")
      }
      counts[group] += 1
    }
    return order
  }
}

extension ScaledMatrix.Numbers {
  /// Reads the first `count` numbers of a row as f32.
  func read(row: Int, count: Int, _ bytes: UnsafeRawBufferPointer, into line: UnsafeMutablePointer<Float>) {
    switch coding {
    case .packed(let integers, let packsRows, let offset, let increment):
      for column in 0..<count {
        let value =
          packsRows
          ? integers.value(row, column, in: bytes, increment: increment)
          : integers.value(column, row, in: bytes, increment: increment)
        line[column] = Float(value - offset)
      }
    case .plain(.i8, let rowStride, let columnStride):
      for column in 0..<count {
        line[column] = Float(Int8(bitPattern: bytes[row * rowStride + column * columnStride]))
      }
    case .plain(let dtype, let rowStride, let columnStride):
      let size = dtype.bits / 8
      guard columnStride != 1 else {
        return Kernels.active.convert(
          UnsafeRawBufferPointer(
            rebasing: bytes[(row * rowStride * size)..<((row * rowStride + count) * size)]), of: dtype,
          to: UnsafeMutableBufferPointer(start: line, count: count))
      }
      for column in 0..<count {
        let start = (row * rowStride + column * columnStride) * size
        Kernels.active.convert(
          UnsafeRawBufferPointer(rebasing: bytes[start..<start + size]), of: dtype,
          to: UnsafeMutableBufferPointer(start: line + column, count: 1))
      }
    }
  }
}
