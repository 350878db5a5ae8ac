package import Tensors

/// What the elements of a NumPy array are, as its `descr` says: `<f8`, `|u1`, `<U12`.
package struct NumPyType: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    case numbers(DType)
    /// So many bytes, zeros behind.
    case bytes(Int)
    /// So many UTF-32 characters, zeros behind.
    case text(Int)
    /// Anything of Python's.
    case objects
  }

  package let kind: Kind
  package var isBigEndian: Bool

  /// Bytes of one element; `nil` for objects.
  package var size: Int? {
    switch kind {
    case .numbers(let type): type.bits / 8
    case .bytes(let count): count
    case .text(let count): 4 * count
    case .objects: nil
    }
  }

  private static let numbers: [String: DType] = [
    "b1": .bool, "i1": .i8, "i2": .i16, "i4": .i32, "i8": .i64, "u1": .u8, "u2": .u16, "u4": .u32, "u8": .u64,
    "f2": .f16, "f4": .f32, "f8": .f64,
  ]

  /// `nil` for what is not read: complex numbers, times, records.
  package init?(_ text: String) {
    var code = text[...]
    isBigEndian = false
    if let first = code.first, "<>|=".contains(first) {
      isBigEndian = first == ">"
      code.removeFirst()
    }
    if let type = Self.numbers[String(code)] {
      kind = .numbers(type)
    } else if code.first == "O" {
      kind = .objects
    } else if let letter = code.first, "SU".contains(letter), let count = Int(code.dropFirst()),
      (1...1 << 24).contains(count)
    {
      kind = letter == "S" ? .bytes(count) : .text(count)
    } else {
      return nil
    }
  }
}

/// An array as NumPy keeps it, of numbers or texts.
package struct NumPyArray: Sendable, Equatable {
  package let shape: [Int]
  package let type: NumPyType
  /// First index fastest.
  private let isFortran: Bool
  private let bytes: [UInt8]

  package var count: Int { shape.reduce(1, *) }

  /// `nil` unless `bytes` are as many as shape and type say.
  package init?(shape: [Int], type: NumPyType, isFortran: Bool, bytes: [UInt8]) {
    guard let size = type.size, Self.byteCount(shape, size) == bytes.count else { return nil }
    self.shape = shape
    self.type = type
    self.isFortran = isFortran
    self.bytes = bytes
  }

  /// `nil` where it is too large to exist.
  static func byteCount(_ shape: [Int], _ size: Int) -> Int? {
    // An extent of zero does not make up for others that multiply to more than there are numbers.
    var (count, most) = (size, size)
    for extent in shape {
      guard extent >= 0 else { return nil }
      let next = most.multipliedReportingOverflow(by: max(extent, 1))
      guard !next.overflow else { return nil }
      most = next.partialValue
      count *= extent
    }
    return count
  }

  /// Numbers, the last index fastest; `nil` for texts.
  package var doubles: [Double]? {
    guard case .numbers(let dtype) = type.kind else { return nil }
    let stored = bytes.withUnsafeBytes { StoredNumbers.doubles($0, dtype, bigEndian: type.isBigEndian) }
    return inOrder(stored)
  }

  /// Bytes of an array of u8, the last index fastest; `nil` for others.
  package var octets: [UInt8]? { type.kind == .numbers(.u8) ? inOrder(bytes) : nil }

  /// Integers, the last index fastest; `nil` for others, and where one is no whole number.
  package var integers: [Int]? {
    guard let doubles else { return nil }
    let whole = doubles.compactMap { Int(exactly: $0) }
    return whole.count == doubles.count ? whole : nil
  }

  /// Texts, the last index fastest; `nil` for numbers, and where one is no Unicode.
  package var strings: [String]? {
    guard let size = type.size else { return nil }
    var texts: [String] = []
    for element in 0..<count {
      let bytes = Array(bytes[element * size..<(element + 1) * size])
      switch type.kind {
      case .bytes:
        let end = (bytes.lastIndex { $0 != 0 } ?? -1) + 1
        guard let text = String(validating: bytes[..<end], as: UTF8.self) else { return nil }
        texts.append(text)
      case .text(let characters):
        var text = String.UnicodeScalarView()
        for index in 0..<characters {
          let word = bytes.littleEndian(UInt32.self, at: 4 * index)
          guard let scalar = Unicode.Scalar(type.isBigEndian ? word.byteSwapped : word) else { return nil }
          text.append(scalar)
        }
        while text.last == "\0" { text.removeLast() }
        texts.append(String(text))
      case .numbers, .objects: return nil
      }
    }
    return inOrder(texts)
  }

  private func inOrder<Element>(_ stored: [Element]) -> [Element] {
    guard isFortran, shape.count > 1, !stored.isEmpty else { return stored }
    var strides: [Int] = []
    var stride = 1
    for extent in shape {
      strides.append(stride)
      stride *= extent
    }
    var index = [Int](repeating: 0, count: shape.count)
    var place = 0
    return stored.indices.map { _ in
      defer {
        // The next index in the order of the last fastest.
        var axis = shape.count - 1
        while axis >= 0 {
          index[axis] += 1
          place += strides[axis]
          if index[axis] < shape[axis] { break }
          place -= strides[axis] * shape[axis]
          index[axis] = 0
          axis -= 1
        }
      }
      return stored[place]
    }
  }
}
