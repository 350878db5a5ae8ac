internal import Files
internal import Foundation
internal import Images
package import Mapping
package import Runtime
package import Tensors

/// Answers as they come, in a file beside the one that will have them all, so that an evaluation that is stopped goes on from there.
///
/// Lines are `AnswerFile`'s with `asked`, the SHA-256 of all that decides the answer. An answer is taken over where that is the same:
/// what was asked of other weights, of other pictures or in other words is asked again.
package final class AnswerJournal {
  /// Absolute.
  package let path: String
  /// Answers taken over so far.
  package private(set) var taken = 0
  /// Lines that are none of this file's; their questions are asked again.
  package private(set) var unreadable = 0
  private let file: OutputFile
  private var end = 0
  private var known: [String: ModelAnswers.Answer] = [:]

  /// The journal of the answers that will be at `path`.
  package static func path(beside path: String) -> String { path + ".part" }

  /// Takes in what a stopped run left, or begins.
  ///
  /// - Throws: `files.output.busy` while another run writes it; what opening and reading it throws.
  package init(_ path: String) throws(VLMError) {
    self.path = path
    file = try OutputFile(path)
    try file.lock()
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: file.byteCount, alignment: 1)
    defer { bytes.deallocate() }
    try file.read(0..<bytes.count, into: bytes)
    // The last line may have been cut.
    end = bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let decoder = JSONDecoder()
    for line in bytes[..<end].split(separator: UInt8(ascii: "\n")) {
      guard let line = try? decoder.decode(AnswerFile.Line.self, from: Data(line)), let asked = line.asked,
        line.writer == AnswerFile.writer
      else {
        unreadable += 1
        continue
      }
      known[asked] = line.said
    }
    try file.setByteCount(end)
    UnfinishedFiles.begin(path, .kept)
  }

  deinit { UnfinishedFiles.end(path) }

  /// What decides the answers of a model but the question: its files, what they are made to, and this program.
  package static func identity(_ checkpoint: MappedCheckpoint, _ precision: Precision, limit: Int, version: String) -> String {
    "\(version) \(precision.rawValue) \(limit) \(checkpoint.fileState)"
  }

  /// What a question was asked as.
  static func asked(_ conversation: [Turn], keepsSpecialTokens: Bool, of identity: String) -> String {
    let hash = SHA256()
    hash.update("\(identity) \(keepsSpecialTokens)\n")
    for turn in conversation {
      hash.update("turn \(turn.role)\n")
      for part in turn.content {
        switch part {
        case .text(let text): hash.update("text \(text.utf8.count)\n\(text)\n")
        case .image(let image):
          hash.update("image \(image.width) \(image.height)\n")
          image.pixels.withUnsafeBytes { hash.update($0) }
        }
      }
    }
    return hash.finish()
  }

  func answer(to asked: String) -> ModelAnswers.Answer? {
    let answer = known[asked]
    if answer != nil { taken += 1 }
    return answer
  }

  func append(_ answer: ModelAnswers.Answer, to question: Question, of model: String, asked: String) throws(VLMError) {
    let line = Array(AnswerFile.Line(answer, to: question, of: model, asked: asked).text.utf8)
    try line.withUnsafeBufferPointer { (bytes) throws(VLMError) in try file.write(UnsafeRawBufferPointer(bytes), at: end) }
    end += line.count
  }

  /// Once the file of all answers is there.
  package func remove() { unlink(path) }
}
