internal import Foundation
internal import Tensors

/// Brings the bytes of several files, a few pieces at a time.
struct HubTransfer {
  /// Bytes of one file that follow each other.
  private final class Piece {
    let file: Int
    let range: Range<Int>
    /// Where the next byte goes.
    var offset: Int
    /// Off where the server gives whole files only; a piece of such is the file.
    let usesRanges: Bool
    /// The server answered with something else than the range that was asked for.
    var isRefused = false
    var isAccepted = false
    var retry: HubRetry
    /// Where it stood at the last failure.
    var last: Int
    var earliest = ContinuousClock.now

    init(_ file: Int, _ range: Range<Int>, usesRanges: Bool, _ manner: HubDownload.Manner) {
      (self.file, self.range, self.usesRanges) = (file, range, usesRanges)
      (offset, last) = (range.lowerBound, range.lowerBound)
      retry = HubRetry(manner)
    }
  }

  private let settings: HubSettings
  private let manner: HubDownload.Manner
  private let files: [HubDownload.Wanted]
  /// Of files that are begun and not whole yet; a data set has more files than a process may open.
  private var partials: [Int: PartialFile] = [:]
  private var begun = 0
  private var waiting: [Piece] = []
  private var active: [ObjectIdentifier: (request: HTTPRequest, piece: Piece)] = [:]
  /// Of whole files.
  private var wholeBytes = 0

  init(_ settings: HubSettings, _ manner: HubDownload.Manner, _ files: [HubDownload.Wanted]) {
    (self.settings, self.manner, self.files) = (settings, manner, files)
  }

  /// Brings all of them, each checked and under its own name as soon as it is whole.
  ///
  /// - Parameter progress: bytes that have come, of all.
  mutating func run(progress: (Int, Int) -> Void) throws(VLMError) {
    let total = files.reduce(0) { $0 + $1.file.byteCount }
    let client = HTTPClient(settings)
    var told = ContinuousClock.now
    while begun < files.count || !waiting.isEmpty || client.count > 0 {
      while client.count < manner.connections, let piece = try next() { start(piece, on: client) }
      if client.count == 0 {
        usleep(10_000)
        continue
      }
      if let (request, failure) = client.next() {
        try end(active.removeValue(forKey: ObjectIdentifier(request))!.piece, failure, client)
      }
      if ContinuousClock.now - told > .milliseconds(200) {
        told = .now
        let coming = active.values.reduce(0) { $0 + $1.piece.offset - $1.piece.range.lowerBound }
        progress(min(total, partials.values.reduce(wholeBytes + coming) { $0 + $1.doneBytes }), total)
      }
    }
    progress(total, total)
  }

  /// A piece whose time has come, of a file that is begun where there is one.
  private mutating func next() throws(VLMError) -> Piece? {
    let now = ContinuousClock.now
    while true {
      if let place = waiting.firstIndex(where: { $0.earliest <= now }) { return waiting.remove(at: place) }
      guard begun < files.count else { return nil }
      let (file, wanted) = (begun, files[begun])
      begun += 1
      let partial = try PartialFile(wanted.blob, byteCount: wanted.file.byteCount, pieceBytes: manner.pieceBytes)
      partials[file] = partial
      waiting += partial.missing.map { Piece(file, $0, usesRanges: true, manner) }
      if partial.missing.isEmpty { try finish(file) }
    }
  }

  /// Checks a file of which everything has come, and gives it its name.
  private mutating func finish(_ file: Int) throws(VLMError) {
    let (wanted, partial) = (files[file], partials.removeValue(forKey: file)!)
    let found = try partial.hash(isLarge: wanted.file.isLarge)
    guard found == wanted.file.hash else {
      partial.remove()
      throw VLMError(
        .hubCorrupt, "came with the hash \(found), and the hub says \(wanted.file.hash)", file: wanted.name,
        remedy: "what came is removed: run it again; a proxy or mirror may have changed it")
    }
    try partial.finish(as: wanted.blob)
    wholeBytes += wanted.file.byteCount
  }

  private mutating func start(_ piece: Piece, on client: HTTPClient) {
    let partial = partials[piece.file]!
    let isWhole = piece.offset == 0 && piece.range.upperBound == partial.byteCount
    piece.isAccepted = false
    let request = HTTPRequest(files[piece.file].address, range: isWhole ? nil : piece.offset..<piece.range.upperBound) {
      (request, bytes) throws(HTTPRequest.Failure) in
      if !piece.isAccepted {
        try Self.accept(request, piece, of: partial.byteCount)
        piece.isAccepted = true
      }
      guard bytes.count <= piece.range.upperBound - piece.offset else { throw .passing("the answer is longer than it may be") }
      do throws(VLMError) { try partial.write(bytes, at: piece.offset) } catch { throw .lasting(error) }
      piece.offset += bytes.count
    }
    active[ObjectIdentifier(request)] = (request, piece)
    client.start(request)
  }

  /// Whether an answer is what was asked for, before a byte of it is taken.
  private static func accept(_ request: HTTPRequest, _ piece: Piece, of byteCount: Int) throws(HTTPRequest.Failure) {
    if let coding = request.headers["content-encoding"], coding.lowercased() != "identity" {
      throw .passing("the answer is packed by \(coding), which was not asked for")
    }
    guard let range = request.range else {
      guard request.status == 200, request.headers["content-length"].map({ Int($0) == byteCount }) ?? true else {
        throw .passing("the answer has \(request.headers["content-length"] ?? "?") bytes, and the hub says \(byteCount)")
      }
      return
    }
    let told = request.headers["content-range"] ?? "no range"
    let wanted = "bytes \(range.lowerBound)-\(range.upperBound - 1)/"
    guard request.status == 206, told == wanted + "\(byteCount)" || told == wanted + "*" else {
      piece.isRefused = true
      throw .passing("the answer is not the range asked for (\(request.status), \(told))")
    }
  }

  private mutating func end(_ piece: Piece, _ failure: HTTPRequest.Failure?, _ client: HTTPClient) throws(VLMError) {
    let partial = partials[piece.file]!
    var failure = failure
    if failure == nil, piece.offset < piece.range.upperBound { failure = .passing("the answer ended early") }
    guard let failure else {
      try partial.finish(piece.range)
      if partial.doneBytes == partial.byteCount { try finish(piece.file) }
      return
    }
    let address = files[piece.file].address
    if piece.isRefused, piece.usesRanges {
      // Whole, then, and from the beginning.
      for (key, other) in active where other.piece.file == piece.file {
        client.stop(other.request)
        active[key] = nil
      }
      waiting.removeAll { $0.file == piece.file }
      try partial.forget()
      let whole = Piece(piece.file, 0..<partial.byteCount, usesRanges: false, manner)
      _ = try whole.retry.moment(after: failure, address)
      waiting.append(whole)
      return
    }
    if piece.usesRanges {
      if piece.offset - piece.last > piece.range.count / 16 { piece.retry.succeeded() }
      piece.last = piece.offset
    } else {
      piece.offset = 0
    }
    piece.earliest = try piece.retry.moment(after: failure, address)
    waiting.append(piece)
  }
}
