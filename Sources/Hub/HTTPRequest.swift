internal import CCurl
internal import Foundation
internal import Tensors

/// A request for one address or a range of its bytes, answered piece by piece.
///
/// Used by the thread that runs its `HTTPClient`.
final class HTTPRequest {
  enum Failure: Error {
    /// What may go well another time, and after how many seconds the server wants to be asked.
    case passing(String, after: Int? = nil)
    case lasting(VLMError)
  }

  let address: String
  /// Bytes that are asked for; all, where it is `nil`.
  let range: Range<Int>?
  /// Takes what comes, each time with the status and headers of the answer.
  private let receive: (HTTPRequest, UnsafeRawBufferPointer) throws(Failure) -> Void
  /// What `receive` threw, which stopped the transfer.
  fileprivate(set) var stopped: Failure?
  /// Of the last answer, that is not one of those that lead to it.
  fileprivate(set) var status = 0
  /// By lower-case name.
  fileprivate(set) var headers: [String: String] = [:]
  /// The first of what an answer that is an error says.
  fileprivate var complaint: [UInt8] = []
  fileprivate var handle: UnsafeMutableRawPointer?

  init(
    _ address: String, range: Range<Int>? = nil,
    receive: @escaping (HTTPRequest, UnsafeRawBufferPointer) throws(Failure) -> Void
  ) {
    self.address = address
    self.range = range
    self.receive = receive
  }

  fileprivate func take(header: String) {
    if header.hasPrefix("HTTP/") {
      // The next answer, after a redirection or an interim one.
      headers = [:]
      status = header.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
      return
    }
    guard let colon = header.firstIndex(of: ":") else { return }
    headers[header[..<colon].lowercased()] = header[header.index(after: colon)...].trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Whether the transfer goes on.
  fileprivate func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard (200..<300).contains(status) else {
      complaint += bytes.prefix(max(0, 4096 - complaint.count))
      return true
    }
    do throws(Failure) {
      try receive(self, bytes)
      return true
    } catch {
      stopped = error
      return false
    }
  }
}

/// Runs requests side by side on the calling thread, by libcurl: proxies, certificates and redirections are its business.
final class HTTPClient {
  /// Seconds without a byte after which a transfer is given up.
  static let patience = 30

  private let settings: HubSettings
  private let multi: UnsafeMutableRawPointer
  private var running: [UnsafeMutableRawPointer: HTTPRequest] = [:]

  private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  init(_ settings: HubSettings) {
    precondition(Self.isReady, "libcurl cannot be set up")
    self.settings = settings
    multi = curl_multi_init()
  }

  deinit {
    for request in Array(running.values) { stop(request) }
    curl_multi_cleanup(multi)
  }

  var count: Int { running.count }

  func start(_ request: HTTPRequest) {
    let handle = curl_easy_init()!
    let own = Unmanaged.passUnretained(request).toOpaque()
    _ = ccurl_set_text(handle, CURLOPT_URL, request.address)
    let schemes = settings.endpoint.hasPrefix("https:") ? "https" : "http,https"
    _ = ccurl_set_text(handle, CURLOPT_PROTOCOLS_STR, schemes)
    _ = ccurl_set_text(handle, CURLOPT_REDIR_PROTOCOLS_STR, schemes)
    _ = ccurl_set_number(handle, CURLOPT_FOLLOWLOCATION, 1)
    _ = ccurl_set_number(handle, CURLOPT_MAXREDIRS, 10)
    _ = ccurl_set_number(handle, CURLOPT_NOSIGNAL, 1)
    _ = ccurl_set_number(handle, CURLOPT_CONNECTTIMEOUT, Self.patience)
    _ = ccurl_set_number(handle, CURLOPT_LOW_SPEED_LIMIT, 1)
    _ = ccurl_set_number(handle, CURLOPT_LOW_SPEED_TIME, Self.patience)
    _ = ccurl_set_number(handle, CURLOPT_BUFFERSIZE, 256 << 10)
    _ = ccurl_set_text(handle, CURLOPT_USERAGENT, "vlmtool; libcurl")
    if let range = request.range {
      _ = ccurl_set_text(handle, CURLOPT_RANGE, "\(range.lowerBound)-\(range.upperBound - 1)")
    }
    // libcurl gives it to no other host that a redirection leads to.
    if let token = settings.token, request.address.hasPrefix(settings.endpoint + "/") {
      _ = ccurl_set_bearer(handle, token)
    }
    _ = ccurl_set_sink(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, request in
      let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: size * count), as: UTF8.self)
      Unmanaged<HTTPRequest>.fromOpaque(request!).takeUnretainedValue().take(header: line)
      return size * count
    }
    _ = ccurl_set_pointer(handle, CURLOPT_HEADERDATA, own)
    _ = ccurl_set_sink(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, request in
      let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
      // Any other number stops the transfer.
      return Unmanaged<HTTPRequest>.fromOpaque(request!).takeUnretainedValue().take(piece) ? size * count : size * count + 1
    }
    _ = ccurl_set_pointer(handle, CURLOPT_WRITEDATA, own)
    request.handle = handle
    running[handle] = request
    curl_multi_add_handle(multi, handle)
  }

  func stop(_ request: HTTPRequest) {
    guard let handle = request.handle else { return }
    running[handle] = nil
    request.handle = nil
    curl_multi_remove_handle(multi, handle)
    curl_easy_cleanup(handle)
  }

  /// Waits for the next request that ends, well or not; `nil` where none does for a second.
  func next() -> (request: HTTPRequest, failure: HTTPRequest.Failure?)? {
    var active: CInt = 0
    curl_multi_perform(multi, &active)
    if let ended = ended() { return ended }
    curl_multi_poll(multi, nil, 0, 1000, nil)
    curl_multi_perform(multi, &active)
    return ended()
  }

  private func ended() -> (request: HTTPRequest, failure: HTTPRequest.Failure?)? {
    var left: CInt = 0
    guard let message = curl_multi_info_read(multi, &left), message.pointee.msg == CURLMSG_DONE,
      let handle = message.pointee.easy_handle, let request = running[handle]
    else { return nil }
    let failure = failure(of: request, ccurl_result(message))
    stop(request)
    return (request, failure)
  }

  private func failure(of request: HTTPRequest, _ result: CURLcode) -> HTTPRequest.Failure? {
    if let stopped = request.stopped { return stopped }
    func lasting(_ code: VLMError.Code, _ message: String, _ remedy: String) -> HTTPRequest.Failure {
      .lasting(VLMError(code, message, file: request.address, remedy: remedy))
    }
    let words = result == CURLE_OK ? "" : String(cString: curl_easy_strerror(result))
    switch result {
    case CURLE_OK: break
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE:
      return lasting(
        .hubUnreachable, "its certificate is not trusted: \(words)", "check the proxy and the system's certificates (SSL_CERT_FILE)")
    case CURLE_TOO_MANY_REDIRECTS, CURLE_UNSUPPORTED_PROTOCOL, CURLE_URL_MALFORMAT:
      return lasting(.hubUnreachable, "leads nowhere: \(words)", "check HF_ENDPOINT and the proxy")
    default: return .passing(words)
    }
    let said = String(decoding: request.complaint.prefix(200), as: UTF8.self).split(whereSeparator: \.isNewline).first.map { ": \($0)" } ?? ""
    switch request.status {
    case 200..<300: return nil
    case 401, 403:
      return lasting(
        .hubDenied, "the hub answers \(request.status)\(said)",
        settings.token == nil
          ? "set HF_TOKEN, or log in with `hf auth login`; a gated model's terms are accepted on its page"
          : "the token given has no access: accept the model's terms on its page, or take another token")
    case 404, 410: return lasting(.hubNotFound, "the hub has no such repository, revision or file\(said)", "check the name")
    case 408, 429, 500...599: return .passing("the hub answers \(request.status)\(said)", after: request.headers["retry-after"].flatMap { Int($0) })
    default: return lasting(.hubUnreachable, "the hub answers \(request.status)\(said)", "check HF_ENDPOINT and the proxy")
    }
  }
}
