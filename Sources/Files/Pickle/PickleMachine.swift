package import Tensors

/// Reads pickles of protocol 2 to 5 without evaluating anything.
///
/// A pickle is a program for a small machine with a stack and a memo. Here it can make dictionaries, lists, tuples, texts, bytes,
/// numbers and what a closed set of names makes of them; any other name ends the reading. Values stand in one list and refer
/// to each other by number, so that neither deep nesting nor a circle can harm, and a value that is named many times is kept
/// once.
package struct PickleMachine {
  /// All values of a pickle, and which of them it is.
  package struct Result: Sendable {
    package let nodes: [PickleNode]
    package let top: Int
  }

  private static let maximumNodes = 1 << 22
  /// Of a call; a long list of them, named by many calls, would take long to copy.
  private static let maximumArguments = 64

  private let bytes: [UInt8]
  private let names: any PickleGlobal.Type
  private let file: String
  private let place: String?
  /// Where the first byte stands in the file.
  private let base: Int
  private var position: Int
  /// Where the instruction stands that is being performed.
  private var instruction: Int
  private var nodes: [PickleNode] = [.none, .bool(false), .bool(true), .mark]
  private var stack: [Int] = []
  private var memo: [Int: Int] = [:]
  /// Bytes that calls may still copy: those that stand in the file are enough for each to be copied once.
  private var room: Int

  /// The values of the pickle that begins at `start` and ends with the bytes.
  ///
  /// - Parameters:
  ///   - base: where the bytes stand in the file, for messages.
  ///   - names: the names that it may ask for.
  ///   - place: the part of the file, for messages.
  /// - Throws: `pickle.malformed`, `pickle.opcode`, `pickle.global`, `pickle.tooLarge`.
  package static func run(
    _ bytes: [UInt8], from start: Int = 0, base: Int = 0, names: any PickleGlobal.Type, file: String, place: String?
  ) throws(VLMError) -> Result {
    var machine = PickleMachine(
      bytes: bytes, names: names, file: file, place: place, base: base, position: start, instruction: start,
      room: bytes.count)
    let top = try machine.run()
    return Result(nodes: machine.nodes, top: top)
  }

  private init(
    bytes: [UInt8], names: any PickleGlobal.Type, file: String, place: String?, base: Int, position: Int,
    instruction: Int, room: Int
  ) {
    (self.bytes, self.names, self.file, self.place) = (bytes, names, file, place)
    (self.base, self.position, self.instruction, self.room) = (base, position, instruction, room)
  }

  private func error(_ code: VLMError.Code, _ message: String, remedy: String? = nil) -> VLMError {
    VLMError(
      code, message, file: file, tensor: place, offset: base + instruction,
      remedy: remedy ?? "the pickle is damaged; get the file again")
  }

  private func malformed(_ message: String) -> VLMError { error(.pickleMalformed, message) }

  // MARK: The machine

  private mutating func run() throws(VLMError) -> Int {
    while true {
      instruction = position
      let opcode = try take(1).first!
      if opcode == UInt8(ascii: ".") { break }
      try perform(opcode)
    }
    guard position == bytes.count, stack.count == 1 else {
      throw malformed("it ends with \(stack.count) values, and \(bytes.count - position) bytes follow")
    }
    return stack[0]
  }

  private mutating func perform(_ opcode: UInt8) throws(VLMError) {
    switch opcode {
    // PROTO, FRAME
    case 0x80:
      let version = try number(1)
      guard (2...5).contains(version) else {
        throw malformed("it is of protocol \(version); what is read is 2 to 5")
      }
    case 0x95: _ = try number(8)
    case UInt8(ascii: "("): stack.append(3)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "N"): stack.append(0)
    case 0x89: stack.append(1)
    case 0x88: stack.append(2)
    case UInt8(ascii: "K"): try push(.int(number(1)))
    case UInt8(ascii: "M"): try push(.int(number(2)))
    case UInt8(ascii: "J"): try push(.int(Int(Int32(truncatingIfNeeded: number(4)))))
    // LONG1: little-endian two's complement of any length.
    case 0x8a:
      let count = try number(1)
      guard count <= 8 else { throw error(.pickleTooLarge, "an integer has \(count) bytes; 8 are read") }
      let digits = try take(count)
      let unsigned = digits.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      let unused = UInt64(64 - 8 * count)
      try push(.int(count == 0 ? 0 : Int(Int64(bitPattern: unsigned << unused) >> Int64(unused))))
    case UInt8(ascii: "G"):
      let word = try take(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      try push(.float(Double(bitPattern: word)))
    // BINUNICODE, SHORT_BINUNICODE, BINUNICODE8
    case UInt8(ascii: "X"): try pushText(number(4))
    case 0x8c: try pushText(number(1))
    case 0x8d: try pushText(number(8))
    // BINBYTES, SHORT_BINBYTES, BINBYTES8, BYTEARRAY8
    case UInt8(ascii: "B"): try push(.bytes(Array(take(number(4)))))
    case UInt8(ascii: "C"): try push(.bytes(Array(take(number(1)))))
    case 0x8e, 0x96: try push(.bytes(Array(take(number(8)))))
    case UInt8(ascii: "]"): try push(.list([]))
    case UInt8(ascii: ")"): try push(.tuple([]))
    case UInt8(ascii: "}"): try push(.dict([]))
    case UInt8(ascii: "l"): try push(.list(popToMark()))
    case UInt8(ascii: "t"): try push(.tuple(popToMark()))
    case UInt8(ascii: "d"): try push(.dict(pairs(popToMark())))
    case 0x85...0x87:
      let count = Int(opcode - 0x84)
      var elements: [Int] = []
      for _ in 0..<count { elements.append(try pop()) }
      try push(.tuple(elements.reversed()))
    // APPEND, APPENDS, SETITEM, SETITEMS
    case UInt8(ascii: "a"): try extend(with: [pop()])
    case UInt8(ascii: "e"): try extend(with: popToMark())
    case UInt8(ascii: "s"):
      let value = try pop()
      try extend(with: [pop(), value])
    case UInt8(ascii: "u"): try extend(with: pairs(popToMark()))
    // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
    case UInt8(ascii: "q"): try memo[number(1)] = top()
    case UInt8(ascii: "r"): try memo[number(4)] = top()
    case 0x94: try memo[memo.count] = top()
    case UInt8(ascii: "h"): try recall(number(1))
    case UInt8(ascii: "j"): try recall(number(4))
    // GLOBAL, STACK_GLOBAL, REDUCE, NEWOBJ, BINPERSID, BUILD
    case UInt8(ascii: "c"): try push(.global(global(line(), line())))
    case 0x93:
      guard case .text(let name) = nodes[try pop()], case .text(let module) = nodes[try pop()] else {
        throw malformed("a name is no text")
      }
      try push(.global(global(module, name)))
    case UInt8(ascii: "R"): try call()
    case 0x81 where names.instructions.contains(opcode): try call()
    case UInt8(ascii: "Q") where names.instructions.contains(opcode):
      guard let stored = names.stored(nodes[try pop()], nodes) else {
        throw malformed("a persistent name is none of stored data")
      }
      try push(stored)
    case UInt8(ascii: "b"):
      let state = try pop()
      let object = try top()
      guard let built = names.built(nodes[object], of: nodes[state], nodes) else {
        throw malformed("an object is given a state that it cannot have")
      }
      nodes[object] = built
    default:
      throw error(
        .pickleOpcode, "it has the instruction 0x\(String(opcode, radix: 16)), which is not read",
        remedy: names.remedy)
    }
  }

  /// Makes what a name makes of its arguments.
  private mutating func call() throws(VLMError) {
    let arguments = try pop()
    guard case .global(let global) = nodes[try pop()], case .tuple(let elements) = nodes[arguments] else {
      throw malformed("what should be made has no name, or no arguments")
    }
    guard elements.count <= Self.maximumArguments else {
      throw malformed("\(global.name) is given \(elements.count) arguments")
    }
    let values = elements.map { nodes[$0] }
    room -= global.copied(of: values)
    guard room >= 0 else { throw error(.pickleTooLarge, "one text is copied many times") }
    guard let made = global.made(of: values, nodes, at: base + instruction) else {
      throw malformed("\(global.name) is made of something else")
    }
    try push(made)
  }

  // MARK: Stack and memo

  private mutating func push(_ node: PickleNode) throws(VLMError) {
    guard nodes.count < Self.maximumNodes else {
      throw error(
        .pickleTooLarge, "it has more than \(Self.maximumNodes) values", remedy: "save less in one file")
    }
    stack.append(nodes.count)
    nodes.append(node)
  }

  private func top() throws(VLMError) -> Int {
    guard let last = stack.last, last != 3 else { throw malformed("the stack is empty") }
    return last
  }

  private mutating func pop() throws(VLMError) -> Int {
    let last = try top()
    stack.removeLast()
    return last
  }

  private mutating func popToMark() throws(VLMError) -> [Int] {
    guard let mark = stack.lastIndex(of: 3) else { throw malformed("there is no mark on the stack") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[(mark + 1)...])
  }

  private func pairs(_ elements: [Int]) throws(VLMError) -> [Int] {
    guard elements.count % 2 == 0 else { throw malformed("a key has no value") }
    return elements
  }

  /// Adds to the list or dictionary on top of the stack, in place.
  private mutating func extend(with elements: [Int]) throws(VLMError) {
    let object = try top()
    let node = nodes[object]
    nodes[object] = .none
    switch node {
    case .list(var list):
      list += elements
      nodes[object] = .list(list)
    case .dict(var dict) where elements.count % 2 == 0:
      dict += elements
      nodes[object] = .dict(dict)
    case .object(let opaque) where opaque.isOpaque: nodes[object] = node
    default: throw malformed("something is added to what is no list")
    }
  }

  private mutating func recall(_ key: Int) throws(VLMError) {
    guard let reference = memo[key] else { throw malformed("there is nothing at \(key) of the memo") }
    stack.append(reference)
  }

  // MARK: Bytes

  private mutating func take(_ count: Int) throws(VLMError) -> ArraySlice<UInt8> {
    guard count <= bytes.count - position else {
      throw malformed("\(count) bytes should follow, and \(bytes.count - position) do")
    }
    defer { position += count }
    return bytes[position..<position + count]
  }

  private mutating func number(_ count: Int) throws(VLMError) -> Int {
    let value = try take(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let number = Int(exactly: value) else { throw malformed("a length is \(value)") }
    return number
  }

  private mutating func pushText(_ count: Int) throws(VLMError) {
    guard let text = String(validating: try take(count), as: UTF8.self) else {
      throw malformed("a text is not UTF-8")
    }
    try push(.text(text))
  }

  private mutating func line() throws(VLMError) -> String {
    guard let end = bytes[position...].prefix(256).firstIndex(of: UInt8(ascii: "\n")) else {
      throw malformed("a name does not end")
    }
    defer { position = end + 1 }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }

  private func global(_ module: String, _ name: String) throws(VLMError) -> any PickleGlobal {
    guard let global = names.init(module: module, name: name) else {
      throw error(
        .pickleGlobal, "it asks for \(module).\(name)",
        remedy: names.remedy)
    }
    return global
  }
}
