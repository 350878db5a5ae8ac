import Files
import Foundation
import Images
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Serving

/// A policy over JSON and over openpi's messages; `fixtures/oracle/check_serving.py` does it with openpi's own client.
@Suite struct ServedPolicyTests {
  /// Tells of a picture and an instruction what can be compared: its size, its first pixel and the instruction's length.
  static func actions(_ picture: RGBImage, _ instruction: String) -> [[Double]] {
    let pixels = picture.pixels.prefix(3).map(Double.init)
    return [
      [Double(picture.width), Double(picture.height), 0.1], pixels,
      [Double(instruction.utf8.count), -0.0, 1e-9],
    ]
  }

  static let picture = RGBImage(width: 4, height: 2, pixels: (0..<24).map { UInt8(10 * $0) })

  static func served(camera: String? = nil, instruction: String? = nil) throws -> [Route] {
    try ServedPolicy(
      metadata: .object(["chunk": .int(3), "camera": .string("front")]), camera: camera,
      instruction: instruction,
      act: Self.actions
    ).routes()
  }

  static func body(_ image: String, _ instruction: String = "lift") -> String {
    "{\"image\": \(image.jsonLiteral), \"instruction\": \(instruction.jsonLiteral)}"
  }

  @Test func overJSON() throws {
    try Server.run(try Self.served()) { server in
      let client = try RawClient(server)
      #expect(try client.get("/healthz").text == "OK\n")
      #expect(try client.get("/metadata").text == "{\"camera\":\"front\",\"chunk\":3}\n")
      let png = Data(try Self.picture.encodedAsPNG()).base64EncodedString()
      for image in [png, "data:image/png;base64," + png] {
        let answer = try client.post("/act", Self.body(image))
        #expect(answer.status == 200, "\(answer.text)")
        let json = try JSONValue(parsing: Data(answer.body), file: "x", code: .requestContent)
        let rows = json["actions"]?.arrayValue?.map { $0.arrayValue?.compactMap(\.doubleValue) }
        #expect(rows == Self.actions(Self.picture, "lift"))
        #expect((json["seconds"]?.doubleValue ?? -1) >= 0)
      }
    }
  }

  @Test(arguments: [
    ("", "files.json.syntax"), ("[]", "files.json.syntax"), ("{", "files.json.syntax"),
    ("{}", "serving.request.content"),
    ("{\"image\": 3}", "files.json.syntax"), ("{\"image\": \"\"}", "serving.request.content"),
    (body("!!!"), "serving.request.content"), (body("AAAA"), "images.file.unknownFormat"),
    (body("data:image/png,AAAA"), "serving.request.content"), (body("iVBORw0KGgo="), "images.file.malformed"),
    ("{\"image\": \"AAAA\", \"image\": \"AAAA\"}", "serving.request.content"),
    ("{\"picture\": \"AAAA\"}", "serving.request.content"), (body("AAAA") + "x", "files.json.trailing"),
    ("{\"image\": \"\\ud800\"}", "files.json.escape"), ("\u{FEFF}{}", "files.json.syntax"),
  ])
  func refusesBodies(body: String, code: String) throws {
    try Server.run(try Self.served()) { server in
      let answer = try RawClient(server).post("/act", body)
      #expect(answer.status == 400 && answer.code == code, "\(answer.text)")
    }
  }

  static func observation(_ members: [String: MessagePack]) -> [UInt8] {
    var map: [MessagePack.Key: MessagePack] = [:]
    for (key, value) in members { map[.string(key)] = value }
    return MessagePack.map(map).encoded
  }

  static let array = MessagePack.array(data: picture.pixels, type: "|u1", shape: [2, 4, 3])

  @Test func overOpenpi() throws {
    try Server.run(try Self.served(camera: "front")) { server in
      let client = try RawClient(server)
      try client.openSocket()
      let greeting = try MessagePackReader.read(try client.frame().content, source: "x")
      #expect(greeting == .map([.string("chunk"): .int(3), .string("camera"): .string("front")]))
      // [3, height, width], and floats.
      let planar = (0..<3).flatMap { channel in (0..<8).map { Self.picture.pixels[3 * $0 + channel] } }
      var floats: [UInt8] = []
      for byte in Self.picture.pixels {
        withUnsafeBytes(of: ((Float(byte) + 0.5) / 255).bitPattern.littleEndian) { floats += $0 }
      }
      let pictures = [
        Self.array, .array(data: planar, type: "|u1", shape: [3, 2, 4]),
        .array(data: floats, type: "<f4", shape: [2, 4, 3]),
      ]
      for (turn, picture) in pictures.enumerated() {
        for key in ["observation/image", "image", "front", "observation/front"] {
          let state = MessagePack.matrix([[1, 2]])
          client.sendFrame(
            0x82, Self.observation([key: picture, "prompt": .string("lift"), "observation/state": state]))
          let answer = try MessagePackReader.read(try client.frame().content, source: "x")
          let actions = try #require(answer["actions"]).array("actions", source: "x")
          #expect(actions.shape == [3, 3])
          #expect(actions.doubles == Self.actions(Self.picture, "lift").flatMap(\.self), "\(turn) \(key)")
          #expect(answer["server_timing"]?["infer_ms"]?.doubleValue != nil)
          let isFirst = turn == 0 && key == "observation/image"
          #expect((answer["server_timing"]?["prev_total_ms"] == nil) == isFirst)
        }
      }
    }
  }

  @Test(
    arguments: [
      ([:], "no picture under"), (["image": array], "no prompt"),
      (["image": array, "prompt": .int(1)], "not a text"),
      (["image": array, "observation/image": array, "prompt": .string("x")], "has both"),
      (["image": .string("x"), "prompt": .string("x")], "not an array"),
      (["other": array, "prompt": .string("x")], "its arrays are: other"),
      (
        ["image": .array(data: [1, 2, 3, 4], type: "|u1", shape: [2, 2, 1]), "prompt": .string("x")],
        "neither"
      ),
      (["image": .array(data: [], type: "|u1", shape: [0, 2, 3]), "prompt": .string("x")], "0 pixels"),
      (
        [
          "image": .array(data: [0, 0, 0xC0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0], type: "<f4", shape: [1, 1, 3]),
          "prompt": .string("x"),
        ], "1.5"
      ),
      (
        [
          "image": .array(data: [UInt8](repeating: 0xFF, count: 12), type: "<f4", shape: [1, 1, 3]),
          "prompt": .string("x"),
        ], "nan"
      ),
      (
        ["image": .array(data: [1, 2, 3], type: "|i1", shape: [1, 1, 3]), "prompt": .string("x")],
        "neither uint8"
      ),
    ] as [([String: MessagePack], String)])
  func refusesObservations(members: [String: MessagePack], message: String) throws {
    try Self.expectRefusal(0x82, Self.observation(members), message)
  }

  @Test func refusesOtherMessages() throws {
    try Self.expectRefusal(0x81, Array("hello".utf8), "not a text")
    try Self.expectRefusal(0x82, [0xC1], "begins no value at byte 0")
    try Self.expectRefusal(0x82, [0x01], "not a map")
  }

  private static func expectRefusal(_ first: UInt8, _ content: [UInt8], _ message: String) throws {
    try Server.run(try served()) { server in
      let client = try RawClient(server)
      try client.openSocket()
      _ = try client.frame()
      client.sendFrame(first, content)
      let answer = try client.frame()
      let text = String(decoding: answer.content, as: UTF8.self)
      #expect(answer.first == 0x81 && text.contains(message), "\(text)")
      #expect(try client.closingCode() == 1011)
      #expect(client.isEnded)
    }
  }

  @Test func aStandingInstruction() throws {
    let text = MessagePack.array(data: "lift".utf32Bytes, type: "<U4", shape: [])
    let routes = try Self.served(instruction: "stay")
    try Server.run(routes) { server in
      let client = try RawClient(server)
      try client.openSocket()
      _ = try client.frame()
      for (prompt, length) in [(nil, 4.0), (.string("go"), 2), (text, 4)] as [(MessagePack?, Double)] {
        client.sendFrame(
          0x82, Self.observation(["image": Self.array].merging(prompt.map { ["prompt": $0] } ?? [:]) { $1 }))
        let answer = try MessagePackReader.read(try client.frame().content, source: "x")
        #expect(try answer["actions"]?.array("actions", source: "x").doubles?[6] == length)
      }
    }
  }

  @Test func actionsThatAreNotFinite() throws {
    let routes = try ServedPolicy(metadata: .object([:]), instruction: "x") { _, _ in [[1, .nan]] }.routes()
    try Server.run(routes) { server in
      let png = Data(try Self.picture.encodedAsPNG()).base64EncodedString()
      let answer = try RawClient(server).post("/act", Self.body(png))
      #expect(answer.status == 500 && answer.code == "serving.handler.failed", "\(answer.text)")
    }
  }
}

extension String {
  fileprivate var utf32Bytes: [UInt8] {
    unicodeScalars.flatMap { scalar in Swift.withUnsafeBytes(of: scalar.value.littleEndian) { Array($0) } }
  }
}
