import Files
import Foundation
@testable import Hub
import TestSupport

/// A repository on a server of the test's own, and a cache to bring it to.
struct FakeHub {
  static let commit = "0123456789abcdef0123456789abcdef01234567"

  /// Everyday bytes, in an order of their own for each name.
  static func bytes(_ count: Int, _ seed: UInt8 = 1) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 167) ^ ($0 >> 8) ^ Int(seed)) }
  }

  let files: [String: [UInt8]]
  let cache: URL
  private(set) var server: HubServer

  /// - Parameter change: what becomes of a good answer; it gets how many requests came before.
  init(
    _ files: [String: [UInt8]], cache: URL,
    change: @escaping @Sendable (HubServer.Request, Int, HubServer.Answer) -> HubServer.Answer = { $2 }
  ) {
    (self.files, self.cache) = (files, cache)
    server = HubServer { request, before in change(request, before, Self.answer(request, files)) }
  }

  static func listing(_ files: [String: [UInt8]]) -> String {
    let siblings = files.sorted { $0.key < $1.key }.map { path, bytes in
      let isLarge = path.hasSuffix(".safetensors") || path.hasSuffix(".bin")
      let hash = bytes.withUnsafeBytes { SHA256.hash(of: $0) }
      return "{\"rfilename\": \"\(path)\", \"size\": \(bytes.count), \"blobId\": \"\(gitHash(bytes))\""
        + (isLarge ? ", \"lfs\": {\"sha256\": \"\(hash)\", \"size\": \(bytes.count), \"pointerSize\": 130}}" : "}")
    }
    return "{\"id\": \"org/name\", \"sha\": \"\(commit)\", \"siblings\": [\(siblings.joined(separator: ", "))]}"
  }

  static func gitHash(_ bytes: [UInt8]) -> String {
    let hash = GitBlobHash(byteCount: bytes.count)
    bytes.withUnsafeBytes { hash.update($0) }
    return hash.finish()
  }

  private static func answer(_ request: HubServer.Request, _ files: [String: [UInt8]]) -> HubServer.Answer {
    if request.path == "/api/models/org/name/revision/main?blobs=true" { return .init(200, [:], Array(listing(files).utf8)) }
    let prefix = "/org/name/resolve/\(commit)/"
    guard request.path.hasPrefix(prefix), let bytes = files[String(request.path.dropFirst(prefix.count)).removingPercentEncoding!] else {
      return .init(404, [:], Array("Entry not found".utf8))
    }
    guard let range = request.range(of: bytes.count) else { return .init(200, ["Accept-Ranges": "bytes"], bytes) }
    return .init(206, ["Content-Range": "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(bytes.count)"], Array(bytes[range]))
  }

  var environment: [String: String] { ["HF_ENDPOINT": server.address, "HF_HUB_CACHE": cache.path, "HF_HOME": cache.path] }

  static func manner(pieceBytes: Int = 64 << 10) -> HubDownload.Manner {
    var manner = HubDownload.Manner()
    (manner.pieceBytes, manner.connections, manner.attempts, manner.pause) = (pieceBytes, 3, 4, 0.01)
    return manner
  }

  func download(_ manner: HubDownload.Manner = manner(), of name: String = "hf://org/name") throws -> String {
    let download = try HubDownload(HubRepository(name, of: .model)!, manner: manner, environment: environment)
    try download.run()
    return download.folder
  }

  /// Whether the snapshot holds all files to the byte, and nothing unfinished lies beside.
  func isWhole(_ folder: String) -> Bool {
    let blobs = (try? FileManager.default.contentsOfDirectory(atPath: "\(cache.path)/models--org--name/blobs")) ?? []
    return files.allSatisfy { FileManager.default.contents(atPath: "\(folder)/\($0.key)").map(Array.init) == $0.value }
      && !blobs.contains { $0.contains(".vlmtool") }
  }

  /// Requests for files.
  var fileRequests: [HubServer.Request] { server.requests.filter { $0.path.contains("/resolve/") } }
}
