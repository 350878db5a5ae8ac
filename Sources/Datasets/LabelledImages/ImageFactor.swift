internal import Foundation
internal import Tensors

/// Something that is known of every image of a set, and what its numbers mean.
struct ImageFactor: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    /// A number that can be compared.
    case number
    /// A number that comes round again after so many: read as cosine and sine of the angle that it is.
    case turn(Double)
    /// One of these names, the number being its place from `first` on.
    case classes([String], first: Int)
  }

  let name: String
  let kind: Kind

  init(_ name: String, _ kind: Kind = .number) {
    self.name = name
    self.kind = kind
  }

  /// As the source lists it: [images, columns], an image being an episode of one row.
  func recorded(at place: String) -> RecordedValues {
    let (role, columns): (ValueRole, [String]) =
      switch kind {
      case .number: (.factor, [name])
      case .turn: (.factor, ["\(name).cos", "\(name).sin"])
      case .classes(let names, _): (.classOfImage, names)
      }
    return RecordedValues(name: name, place: place, role: role, rows: 1, width: columns.count, columns: columns)
  }

  /// The columns of an image whose number is `value`; `nil` where that is none of its classes.
  func columns(_ value: Double) -> [Double]? {
    switch kind {
    case .number: return [value]
    case .turn(let period): return [cos(2 * .pi * value / period), sin(2 * .pi * value / period)]
    case .classes(let names, let first):
      guard let place = Int(exactly: value), names.indices.contains(place - first) else { return nil }
      return names.indices.map { $0 == place - first ? 1 : 0 }
    }
  }
}
