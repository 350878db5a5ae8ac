/// What a column means, alone or with its neighbours, and so what an error in it is told in.
package enum Quantity: Sendable, Hashable {
  /// One of x, y and z in metres, which follow each other.
  case position
  /// One of x, y and z in metres of the way from one point to another, which follow each other.
  case displacement
  /// Metres.
  case length
  /// Radians.
  case angle
  /// One of the six numbers of a `Rotation`, which follow each other.
  case rotation
  /// 1 for the frame's class and 0 for the others, the classes following each other.
  case classes
  /// What has ends, such as a gripper's opening or the share of an episode that is over.
  case extent
  /// In whatever unit it was recorded.
  case recorded
}

extension Quantity {
  /// Neighbouring columns that are one point, one rotation, one choice among classes, or one number.
  package static func parts(of quantities: [Quantity]) -> [(quantity: Quantity, columns: Range<Int>)] {
    var parts: [(quantity: Quantity, columns: Range<Int>)] = []
    var start = 0
    while start < quantities.count {
      let quantity = quantities[start]
      let run = quantities[start...].prefix { $0 == quantity }.count
      let width =
        switch quantity {
        case .position, .displacement: 3
        case .rotation: 6
        case .classes: run
        case .length, .angle, .extent, .recorded: 1
        }
      parts.append((quantity, start..<start + min(width, run)))
      start += min(width, run)
    }
    return parts
  }
}

extension RecordedValues {
  /// What the role says of each column.
  var quantities: [Quantity] {
    switch (role, width) {
    case (.endEffectorPosition, 3), (.armPosition, 3), (.objectPosition, 3): [.position, .position, .position]
    case (.displacement, 3): [.displacement, .displacement, .displacement]
    case (.endEffectorPose, 6): [.position, .position, .position, .recorded, .recorded, .recorded]
    case (.gripper, _), (.factor, 1): [Quantity](repeating: .extent, count: width)
    case (.classOfImage, _): [Quantity](repeating: .classes, count: width)
    default: [Quantity](repeating: .recorded, count: width)
    }
  }
}
