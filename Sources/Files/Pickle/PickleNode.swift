/// A value of a pickle. Others that it holds are named by their places in the list of all values.
package enum PickleNode: Sendable {
  case mark, none, bool(Bool), int(Int), float(Double), text(String), bytes([UInt8])
  case list([Int]), tuple([Int])
  /// Keys and values in turn, in the order in which they were set.
  case dict([Int])
  /// A name that the pickle asked for.
  case global(any PickleGlobal)
  /// What was made by a name.
  case object(any PickleObject)
}

/// What a name of a pickle makes, where it is no plain value.
package protocol PickleObject: Sendable {
  /// Whether members may be added to it, and are left out: it stands for something that nobody reads.
  var isOpaque: Bool { get }
}

/// A name that a pickle may ask for, of a closed set: all that such pickles hold besides plain values follows from it.
package protocol PickleGlobal: Sendable {
  /// `nil` for a name that is not of the set.
  init?(module: String, name: String)

  /// As messages have it: `numpy.dtype`.
  var name: String { get }

  /// Bytes that a call of it copies.
  func copied(of arguments: [PickleNode]) -> Int

  /// What a call of it gives; `nil` for arguments that it does not take.
  ///
  /// - Parameters:
  ///   - nodes: all values so far.
  ///   - offset: where the call stands in the file.
  func made(of arguments: [PickleNode], _ nodes: [PickleNode], at offset: Int) -> PickleNode?

  /// An object with its state; `nil` where they do not fit.
  static func built(_ object: PickleNode, of state: PickleNode, _ nodes: [PickleNode]) -> PickleNode?

  /// What a persistent name stands for, data outside the pickle; `nil` where there is none.
  static func stored(_ name: PickleNode, _ nodes: [PickleNode]) -> PickleNode?

  /// Instructions that are read besides those of plain values: `Q` for persistent names, 0x81 for new objects.
  static var instructions: Set<UInt8> { get }

  /// What is read, and what to do about anything else.
  static var remedy: String { get }
}

extension PickleGlobal {
  package func copied(of arguments: [PickleNode]) -> Int { 0 }
  package static func stored(_ name: PickleNode, _ nodes: [PickleNode]) -> PickleNode? { nil }
  package static var instructions: Set<UInt8> { [] }
}
