/// A point of a picture in fractions of its width and height; (0, 0) is the top left corner. Outside 0...1 it is off the picture.
package struct PicturePoint: Hashable, Sendable, Codable {
  package let x: Double
  package let y: Double

  package init(x: Double, y: Double) {
    self.x = x
    self.y = y
  }
}

/// A box of a picture, its borders in fractions of width and height, and its own.
package struct PictureBox: Hashable, Sendable, Codable {
  package let least: PicturePoint
  package let greatest: PicturePoint

  /// From any two opposite corners.
  package init(_ one: PicturePoint, _ other: PicturePoint) {
    least = PicturePoint(x: min(one.x, other.x), y: min(one.y, other.y))
    greatest = PicturePoint(x: max(one.x, other.x), y: max(one.y, other.y))
  }

  package var center: PicturePoint { PicturePoint(x: (least.x + greatest.x) / 2, y: (least.y + greatest.y) / 2) }

  package func contains(_ point: PicturePoint) -> Bool {
    (least.x...greatest.x).contains(point.x) && (least.y...greatest.y).contains(point.y)
  }
}

/// What an answer or a truth points at.
package enum PicturePlace: Hashable, Sendable {
  case point(PicturePoint)
  case box(PictureBox)

  /// The point itself, or the box's centre.
  package var center: PicturePoint {
    switch self {
    case .point(let point): point
    case .box(let box): box.center
    }
  }
}

/// Pixels of a picture: the frame's own, before any processor resized it.
package struct PictureSize: Hashable, Sendable {
  package let width: Int
  package let height: Int

  /// - Precondition: both are positive.
  package init(width: Int, height: Int) {
    precondition(width > 0 && height > 0, "a picture of \(width) x \(height)")
    self.width = width
    self.height = height
  }

  /// Minecraft's frames as JARVIS-VLA records and reads them.
  package static let minecraft = PictureSize(width: 640, height: 360)

  /// Pixels between two points.
  package func distance(_ one: PicturePoint, _ other: PicturePoint) -> Double {
    let (dx, dy) = ((one.x - other.x) * Double(width), (one.y - other.y) * Double(height))
    return (dx * dx + dy * dy).squareRoot()
  }
}

/// What the numbers of a place count.
package enum CoordinateScale: Hashable, Sendable {
  /// 0...999 of either side, as Qwen2-VL and JARVIS-VLA write them: int(percent * 10), and 999 for all of it.
  case thousandths
  /// 0...1 of either side.
  case fractions
  /// 0...100 of either side: items `point` and `bbox` of the public rows.
  case percent
  /// Pixels of the picture.
  case pixels(PictureSize)

  package func point(_ x: Double, _ y: Double) -> PicturePoint {
    switch self {
    case .thousandths: PicturePoint(x: x / 1000, y: y / 1000)
    case .fractions: PicturePoint(x: x, y: y)
    case .percent: PicturePoint(x: x / 100, y: y / 100)
    case .pixels(let size): PicturePoint(x: x / Double(size.width), y: y / Double(size.height))
    }
  }
}
