internal import Files
internal import Foundation
internal import Tensors

/// The hub's addresses, and answers that are small enough to be held.
struct HubAnswers {
  let settings: HubSettings
  let manner: HubDownload.Manner

  init(_ settings: HubSettings, _ manner: HubDownload.Manner) { (self.settings, self.manner) = (settings, manner) }

  static func listing(of repository: HubRepository, _ settings: HubSettings) -> String {
    let revision = escaped(repository.revision).replacing("/", with: "%2F")
    return "\(settings.endpoint)/api/\(repository.kind.rawValue)s/\(repository.id)/revision/\(revision)?blobs=true"
  }

  static func address(of file: HubListing.File, in repository: HubRepository, at commit: String, _ settings: HubSettings) -> String {
    let prefix = repository.kind == .model ? "" : "datasets/"
    return "\(settings.endpoint)/\(prefix)\(repository.id)/resolve/\(commit)/\(escaped(file.path))"
  }

  private static let plain = CharacterSet(
    charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/")

  private static func escaped(_ path: String) -> String { path.addingPercentEncoding(withAllowedCharacters: plain)! }

  /// A whole answer.
  func whole(_ address: String) throws(VLMError) -> [UInt8] { try beginnings([(address, nil)])[0] }

  /// The beginning of each of several files, side by side; all of it where no number of bytes is said.
  ///
  /// A server that gives whole files only is stopped when enough has come.
  func beginnings(_ wanted: [(address: String, byteCount: Int?)]) throws(VLMError) -> [[UInt8]] {
    let answers = wanted.map { Answer($0.address, $0.byteCount, manner) }
    var waiting = answers
    var active: [ObjectIdentifier: Answer] = [:]
    let client = HTTPClient(settings)
    while !waiting.isEmpty || client.count > 0 {
      let now = ContinuousClock.now
      while client.count < manner.connections, let place = waiting.firstIndex(where: { $0.earliest <= now }) {
        let answer = waiting.remove(at: place)
        let request = answer.request()
        active[ObjectIdentifier(request)] = answer
        client.start(request)
      }
      if client.count == 0 {
        usleep(10_000)
        continue
      }
      guard let (request, failure) = client.next() else { continue }
      let answer = active.removeValue(forKey: ObjectIdentifier(request))!
      guard let failure = answer.failure(failure) else { continue }
      answer.earliest = try answer.retry.moment(after: failure, answer.address)
      waiting.append(answer)
    }
    return answers.map(\.bytes)
  }

  private final class Answer {
    let address: String
    let wanted: Int?
    var bytes: [UInt8] = []
    var retry: HubRetry
    var earliest = ContinuousClock.now

    /// No answer that is held is longer.
    private static let most = 256 << 20

    init(_ address: String, _ wanted: Int?, _ manner: HubDownload.Manner) {
      (self.address, self.wanted) = (address, wanted)
      retry = HubRetry(manner)
    }

    func request() -> HTTPRequest {
      bytes = []
      return HTTPRequest(address, range: wanted.map { 0..<$0 }) { [self] (request, piece) throws(HTTPRequest.Failure) in
        if wanted != nil, request.status == 206, request.headers["content-range"]?.hasPrefix("bytes 0-") != true {
          throw .passing("the answer is not the range asked for (\(request.headers["content-range"] ?? "no range"))")
        }
        guard bytes.count + piece.count <= Self.most || wanted != nil else {
          throw .lasting(
            VLMError(.hubMalformed, "answers with more than \(Self.most) bytes", file: address, remedy: "check HF_ENDPOINT"))
        }
        bytes += piece.prefix((wanted ?? Self.most) - bytes.count)
        if bytes.count == wanted { throw .passing("enough") }
      }
    }

    /// What is wrong with the answer now that it has ended.
    func failure(_ failure: HTTPRequest.Failure?) -> HTTPRequest.Failure? {
      if let wanted, bytes.count == wanted { return nil }
      return failure ?? (wanted == nil ? nil : .passing("the answer ended early"))
    }
  }
}
