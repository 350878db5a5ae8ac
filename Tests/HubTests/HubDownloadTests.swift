import Files
import Foundation
import Synchronization
import Tensors
import TestSupport
import Testing

@testable import Hub

/// Against a server of the test's own that answers well, and badly in every way one was thought of. (What huggingface_hub makes of the
/// cache is looked at by `fixtures/oracle/check_hub.py`.)
@Suite struct HubDownloadTests {
  private static let files: [String: [UInt8]] = [
    "config.json": Array("{\"model_type\": \"x\"}".utf8), "empty.txt": [], "assets/deep/vocab with space.txt": FakeHub.bytes(5000, 2),
    "model-00001-of-00002.safetensors": FakeHub.bytes(300_000, 3), "model-00002-of-00002.safetensors": FakeHub.bytes(64 << 10, 4),
  ]

  private static func withHub<R>(
    _ change: @escaping @Sendable (HubServer.Request, Int, HubServer.Answer) -> HubServer.Answer = { $2 },
    _ body: (FakeHub) throws -> R
  ) throws -> R {
    try Fixture.withTemporaryDirectory { cache in
      let hub = FakeHub(files, cache: cache, change: change)
      defer { hub.server.stop() }
      return try body(hub)
    }
  }

  @Test func gitsName() {
    // git hash-object of `hello`.
    #expect(FakeHub.gitHash(Array("hello".utf8)) == "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0")
  }

  @Test func everythingIsWhereHuggingFaceKeepsIt() throws {
    try Self.withHub { hub in
      let folder = try hub.download()
      #expect(folder == "\(hub.cache.path)/models--org--name/snapshots/\(FakeHub.commit)" && hub.isWhole(folder))
      let link = try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/assets/deep/vocab with space.txt")
      #expect(link == "../../../../blobs/" + FakeHub.gitHash(Self.files["assets/deep/vocab with space.txt"]!))
      #expect(try String(contentsOfFile: "\(hub.cache.path)/models--org--name/refs/main", encoding: .utf8) == FakeHub.commit)
      #expect(try HubCache.snapshot("hf://org/name", of: .model, environment: hub.environment) == folder)
      // 300,000 bytes in five pieces, every other file in one; nothing for the empty one.
      #expect(hub.fileRequests.count == 5 + 3)
      #expect(try hub.download() == folder && hub.fileRequests.count == 8)
    }
  }

  /// The cache holds one model of several; another is not there until it is asked for.
  @Test func aVariantIsAFile() throws {
    try Fixture.withTemporaryDirectory { cache in
      let files = ["X-Q4_K_M.gguf": FakeHub.bytes(5000, 1), "X-Q8_0.gguf": FakeHub.bytes(9000, 2), "mmproj-X-F16.gguf": FakeHub.bytes(700, 3)]
      let hub = FakeHub(files, cache: cache)
      defer { hub.server.stop() }
      func cached(_ name: String) throws -> String? { try HubRepository(name, of: .model)?.snapshot(hub.environment) }
      let folder = try hub.download(of: "hf://org/name:Q8_0")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["X-Q8_0.gguf", "mmproj-X-F16.gguf"])
      #expect(try cached("hf://org/name:q8_0") == folder + "/X-Q8_0.gguf")
      #expect(try cached("hf://org/name:Q4_K_M") == nil && cached("hf://org/name") == folder)
      _ = try hub.download(of: "hf://org/name:Q4_K_M")
      #expect(try cached("hf://org/name:Q4_K_M") == folder + "/X-Q4_K_M.gguf" && cached("hf://org/name:Q8_0") == folder + "/X-Q8_0.gguf")
    }
  }

  enum Fault: String, CaseIterable {
    case dropped, droppedAtOnce, silent, refusedRanges, wrongRange, wrongTotal, shorterThanSaid, longerThanSaid, longerThanRange, packed,
      busy, failing, slow, redirected
  }

  /// Faults that pass, or that are got around: what is there in the end is right to the byte.
  @Test(arguments: Fault.allCases) func noWrongByteIsTaken(fault: Fault) throws {
    let other = HubServer { request, _ in
      let bytes = Self.files[String(request.path.dropFirst())]!
      guard request.headers["authorization"] == nil else { return .init(418) }
      guard let range = request.range(of: bytes.count) else { return .init(200, [:], bytes) }
      return .init(206, ["Content-Range": "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(bytes.count)"], Array(bytes[range]))
    }
    defer { other.stop() }
    let elsewhere = other.address
    let change = { @Sendable (request: HubServer.Request, before: Int, answer: HubServer.Answer) -> HubServer.Answer in
      guard request.path.hasSuffix(".safetensors"), answer.status < 400 else { return answer }
      var answer = answer
      // The first answers are bad, or all of them.
      let isFirst = before < 6
      switch fault {
      case .dropped: answer.sent = isFirst ? answer.body.count / 2 : nil
      case .droppedAtOnce: answer.sent = isFirst ? 0 : nil
      case .silent: answer = isFirst ? .init(204) : answer
      case .refusedRanges: answer = .init(200, [:], Self.files[String(request.path.split(separator: "/").last!)]!)
      case .wrongRange:
        guard isFirst, let range = request.range(of: 1 << 30) else { break }
        answer.headers["Content-Range"] = "bytes \(range.lowerBound + 1)-\(range.upperBound)/300000"
      case .wrongTotal: if isFirst, answer.status == 206 { answer.headers["Content-Range"]! += "0" }
      case .shorterThanSaid: answer.length = isFirst ? answer.body.count + 100 : answer.length
      case .longerThanSaid:
        // More than the head says is not read at all.
        answer.body += [1, 2, 3]
      case .longerThanRange:
        guard isFirst else { break }
        answer.body += [1, 2, 3]
        answer.length = answer.body.count
      case .packed: if isFirst { answer.headers["Content-Encoding"] = "gzip" }
      case .busy: answer = before < 3 ? .init(429, ["Retry-After": "0"]) : answer
      case .failing: answer = before < 3 ? .init(503) : answer
      case .slow: answer.pause = 200
      case .redirected: answer = .init(302, ["Location": "\(elsewhere)/\(request.path.split(separator: "/").last!)"])
      }
      return answer
    }
    try Self.withHub(change) { hub in
      var environment = hub.environment
      environment["HF_TOKEN"] = "hf_secret"
      var manner = FakeHub.manner()
      manner.attempts = 8
      let download = try HubDownload(HubRepository("hf://org/name", of: .model)!, manner: manner, environment: environment)
      try download.run()
      #expect(hub.isWhole(download.folder))
      #expect(hub.server.requests.allSatisfy { $0.headers["authorization"] == "Bearer hf_secret" })
      #expect((fault == .redirected) == !other.requests.isEmpty)
    }
  }

  enum Refusal: CaseIterable {
    case changedByte, notThere, denied, alwaysFailing, alwaysDropping, loop, otherScheme, escaping, noSize, noAnswer, notJSON

    var code: VLMError.Code {
      switch self {
      case .changedByte: .hubCorrupt
      case .notThere: .hubNotFound
      case .denied: .hubDenied
      case .alwaysFailing, .alwaysDropping, .loop, .otherScheme: .hubUnreachable
      case .escaping, .noSize, .noAnswer, .notJSON: .hubMalformed
      }
    }
  }

  /// Faults that last: an error that says what to do, and no snapshot.
  @Test(arguments: Refusal.allCases) func whatLastsIsSaid(refusal: Refusal) throws {
    let change = { @Sendable (request: HubServer.Request, before: Int, answer: HubServer.Answer) -> HubServer.Answer in
      var answer = answer
      let isListing = request.path.hasPrefix("/api/")
      func listed(_ siblings: String) -> HubServer.Answer {
        .init(200, [:], Array("{\"sha\": \"\(FakeHub.commit)\", \"siblings\": [\(siblings)]}".utf8))
      }
      switch refusal {
      case .changedByte where request.path.hasSuffix("00002-of-00002.safetensors"): answer.body[77] ^= 1
      case .notThere: return .init(404, [:], Array("Repository not found".utf8))
      case .denied: return .init(401, [:], Array("Invalid username or password.".utf8))
      case .alwaysFailing where !isListing: return .init(500)
      case .alwaysDropping where !isListing: answer.sent = min(100, answer.body.count / 2)
      case .loop where !isListing: return .init(302, ["Location": request.path])
      case .otherScheme where !isListing: return .init(302, ["Location": "file:///etc/passwd"])
      case .escaping where isListing:
        return listed("{\"rfilename\": \"../../x\", \"size\": 1, \"blobId\": \"\(FakeHub.commit)\"}")
      case .noSize where isListing: return listed("{\"rfilename\": \"x\", \"blobId\": \"\(FakeHub.commit)\"}")
      case .noAnswer where isListing: return .init(200)
      case .notJSON where isListing: return .init(200, [:], Array("<html>log in</html>".utf8))
      default: break
      }
      return answer
    }
    try Self.withHub(change) { hub in
      let error = #expect(throws: VLMError.self) { try hub.download() }
      #expect(error?.code == refusal.code, "\(String(describing: error))")
      #expect(error?.remedy != nil)
      let repository = try HubRepository("hf://org/name", of: .model)!
      #expect(repository.snapshot(hub.environment) == nil)
    }
  }

  /// What came before a stop is not fetched again, whatever stopped it.
  @Test(arguments: [false, true]) func aStoppedRunIsGoneOnWith(recordIsCut: Bool) throws {
    let isDead = Mutex(true)
    try Self.withHub { request, before, answer in
      // The listing, and the first four requests for data.
      request.path.hasPrefix("/api/") || before < 5 || !isDead.withLock { $0 } ? answer : .init(500)
    } _: { hub in
      var manner = FakeHub.manner()
      manner.connections = 1
      manner.attempts = 1
      let error = #expect(throws: VLMError.self) { try hub.download(manner) }
      #expect(error?.code == .hubUnreachable && error?.remedy?.contains("what came is kept") == true)
      let blobs = "\(hub.cache.path)/models--org--name/blobs"
      let records = try FileManager.default.contentsOfDirectory(atPath: blobs).filter { $0.hasSuffix(".done") }
      #expect(!records.isEmpty)
      if recordIsCut {
        for record in records {
          let handle = try #require(FileHandle(forWritingAtPath: "\(blobs)/\(record)"))
          try handle.seekToEnd()
          try handle.write(contentsOf: Data("131072 19".utf8))
        }
      }
      isDead.withLock { $0 = false }
      let before = hub.fileRequests.count
      #expect(hub.isWhole(try hub.download()))
      #expect(hub.fileRequests.count - before == 8 - 4)
    }
  }

  @Test func anotherRunIsNotDisturbed() throws {
    try Self.withHub { hub in
      let blobs = "\(hub.cache.path)/models--org--name/blobs"
      try FileManager.default.createDirectory(atPath: blobs, withIntermediateDirectories: true)
      let hash = FakeHub.gitHash(Self.files["config.json"]!)
      let other = try PartialFile("\(blobs)/\(hash)", byteCount: 23, pieceBytes: 1000)
      let error = #expect(throws: VLMError.self) { try hub.download() }
      #expect(error?.code == .outputBusy)
      withExtendedLifetime(other) {}
    }
  }

  @Test func offlineIsOffline() throws {
    try Self.withHub { hub in
      var environment = hub.environment
      environment["HF_HUB_OFFLINE"] = "1"
      let error = #expect(throws: VLMError.self) {
        try HubDownload(HubRepository("hf://org/name", of: .model)!, environment: environment)
      }
      #expect(error?.code == .hubSettings && hub.server.requests.isEmpty)
    }
  }
}
