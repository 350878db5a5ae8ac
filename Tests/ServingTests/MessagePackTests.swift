import Files
import Foundation
import Tensors
import Testing

@testable import Serving

@Suite struct MessagePackTests {
  /// What Python's msgpack 1.x packs (`use_bin_type` is its default), by hand from the specification.
  @Test(
    arguments: [
      (.null, "c0"), (.bool(false), "c2"), (.bool(true), "c3"),
      (.int(0), "00"), (.int(127), "7f"), (.int(128), "cc80"), (.int(256), "cd0100"),
      (.int(65_536), "ce00010000"),
      (.int(1 << 32), "cf0000000100000000"), (.int(-1), "ff"), (.int(-32), "e0"), (.int(-33), "d0df"),
      (.int(-129), "d1ff7f"),
      (.int(-32_769), "d2ffff7fff"), (.int(-2_147_483_649), "d3ffffffff7fffffff"),
      (.unsigned(.max), "cfffffffffffffffff"),
      (.float(1.5), "ca3fc00000"), (.double(1.5), "cb3ff8000000000000"), (.string(""), "a0"),
      (.string("é"), "a2c3a9"),
      (.bytes([]), "c400"), (.bytes([1, 2]), "c4020102"), (.array([]), "90"),
      (.array([.int(1), .null]), "9201c0"),
      (.map([:]), "80"), (.map([.string("a"): .int(1), .bytes([0x61]): .int(2)]), "82a16101c4016102"),
      (.extended(type: -1, [1, 2, 3, 4]), "d6ff01020304"), (.extended(type: 5, [1, 2, 3]), "c70305010203"),
    ] as [(MessagePack, String)])
  func spelling(value: MessagePack, hex: String) throws {
    #expect(value.encoded.map { String(format: "%02x", $0) }.joined() == hex)
    #expect(try MessagePackReader.read(value.encoded, source: "x") == value)
  }

  @Test(arguments: [0, 15, 16, 31, 32, 255, 256, 60_000, 65_535, 65_536, 100_000])
  func lengths(count: Int) throws {
    let bytes = [UInt8](repeating: 7, count: count)
    var values: [MessagePack] = [
      .string(String(repeating: "x", count: count)), .bytes(bytes), .extended(type: 1, bytes),
    ]
    if count < 65_000 {
      values.append(.array(Array(repeating: .null, count: count)))
      var members: [MessagePack.Key: MessagePack] = [:]
      for number in 0..<min(count, 20_000) { members[.string("\(number)")] = .int(1) }
      values.append(.map(members))
    }
    for value in values { #expect(try MessagePackReader.read(value.encoded, source: "x") == value) }
  }

  /// The longer spellings that other writers choose.
  @Test(
    arguments: [
      ("cc01", .int(1)), ("cd0001", .int(1)), ("ce00000001", .int(1)), ("cf0000000000000001", .int(1)),
      ("d0ff", .int(-1)),
      ("d1ffff", .int(-1)), ("d2ffffffff", .int(-1)), ("d3ffffffffffffffff", .int(-1)),
      ("d90161", .string("a")),
      ("da000161", .string("a")), ("db0000000161", .string("a")), ("c5000101", .bytes([1])),
      ("c60000000101", .bytes([1])),
      ("dc0001c0", .array([.null])), ("dd00000001c0", .array([.null])),
      ("de0001a161c0", .map([.string("a"): .null])),
      ("df00000001a161c0", .map([.string("a"): .null])), ("c8000101ff", .extended(type: 1, [255])),
      ("c90000000101ff", .extended(type: 1, [255])),
    ] as [(String, MessagePack)])
  func otherSpellings(hex: String, value: MessagePack) throws {
    #expect(try MessagePackReader.read(Self.bytes(hex), source: "x") == value)
  }

  static func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! }
  }

  @Test(
    arguments: [
      ("", 0, "malformed"), ("c1", 0, "malformed"), ("0000", 1, "malformed"), ("a3", 0, "malformed"),
      ("a1ff", 0, "malformed"),
      ("cd00", 1, "malformed"), ("c6ffffffff00", 0, "malformed"), ("dbffffffff", 0, "malformed"),
      ("ddffffffff", 0, "malformed"), ("dfffffffff00", 0, "malformed"), ("91", 0, "malformed"),
      ("810000", 1, "malformed"),
      ("81c000", 1, "malformed"), ("82a16100a16100", 4, "malformed"), ("c9ffffffff00", 0, "malformed"),
      (String(repeating: "91", count: 40) + "c0", 32, "tooLarge"),
      ("dd00010001" + String(repeating: "c0", count: 65_537), 0, "tooLarge"),
    ] as [(String, Int, String)])
  func malformed(hex: String, offset: Int, kind: String) throws {
    let error = try #require(throws: VLMError.self) {
      try MessagePackReader.read(Self.bytes(hex), source: "x")
    }
    #expect(
      error.code.rawValue == "serving.messagePack.\(kind)" && error.offset == offset && error.file == "x",
      "\(error)")
  }

  /// Every prefix, and every byte changed: a value or an error.
  @Test func mutations() throws {
    let value = MessagePack.map([
      .string("observation/image"): .array(
        data: [UInt8](repeating: 3, count: 12), type: "|u1", shape: [2, 2, 3]),
      .string("prompt"): .string("lift"), .string("state"): .matrix([[1, 2], [3, 4]]),
      .string("x"): .array([.int(-5), .double(0.5)]),
    ])
    let bytes = value.encoded
    for count in 0..<bytes.count {
      #expect(throws: VLMError.self) { try MessagePackReader.read(Array(bytes[..<count]), source: "x") }
    }
    for place in bytes.indices {
      for byte in UInt8.min...UInt8.max {
        var changed = bytes
        changed[place] = byte
        guard let read = try? MessagePackReader.read(changed, source: "x") else { continue }
        // What is read is written and read alike, but for NaN.
        let again = try MessagePackReader.read(read.encoded, source: "x")
        #expect(again == read || "\(again)" == "\(read)")
        for (key, member) in read.mapValue ?? [:] { _ = try? member.array(key.text, source: "x") }
      }
    }
  }

  @Test func arraysOfNumPy() throws {
    let array = try MessagePack.matrix([[1, 2, 3], [4, 5, 6]]).array("a", source: "x")
    #expect(array.shape == [2, 3] && array.doubles == [1, 2, 3, 4, 5, 6])
    for (data, type, shape) in [
      ([UInt8](repeating: 0, count: 5), "|u1", [2, 3]), ([], "|O", [0]), ([], "<c8", [0]), ([], "", [0]),
      ([], "<f8", [.max, .max, 0]), ([1], "|u1", [-1]),
    ] as [([UInt8], String, [Int])] {
      let error = try #require(throws: VLMError.self) {
        try MessagePack.array(data: data, type: type, shape: shape).array("a", source: "x")
      }
      #expect(error.code == .messagePackArray && error.tensor == "a")
    }
    #expect(throws: VLMError.self) { try MessagePack.int(1).array("a", source: "x") }
  }
}
