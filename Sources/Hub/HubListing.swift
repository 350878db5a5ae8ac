package import Files
internal import Foundation
package import Tensors

/// The files of a repository at one commit, as the hub describes them.
package struct HubListing: Sendable {
  package struct File: Sendable, Equatable {
    /// Below the repository's root.
    package let path: String
    package let byteCount: Int
    /// The SHA-256 of a large file, the SHA-1 of git's blob for others: what the cache calls it.
    package let hash: String

    package var isLarge: Bool { hash.count == 64 }
  }

  package let commit: String
  package let files: [File]

  /// Longer lists may be cut short, as huggingface_hub has it.
  private static let mostFiles = 50_000

  /// Reads the hub's answer on `api/models/ID/revision/REVISION?blobs=true`.
  ///
  /// - Throws: `hub.malformed` for anything that would lead out of the cache, or cannot be checked.
  init(_ answer: [UInt8], from address: String) throws(VLMError) {
    func malformed(_ message: String) -> VLMError {
      VLMError(.hubMalformed, message, file: address, remedy: "check HF_ENDPOINT; a mirror has to answer as the hub does")
    }
    let value: JSONValue
    do throws(VLMError) { value = try JSONValue(parsing: Data(answer), file: address, code: .hubMalformed) } catch {
      throw malformed("the hub's answer is no JSON: \(error.message)")
    }
    func isHash(_ text: String, _ count: Int) -> Bool {
      text.utf8.count == count && text.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 }
    }
    guard let commit = value["sha"]?.stringValue, isHash(commit, 40), let siblings = value["siblings"]?.arrayValue else {
      throw malformed("the hub names no commit and no files")
    }
    guard siblings.count < Self.mostFiles else {
      throw malformed("has \(siblings.count) files or more, of which the hub does not list all at once")
    }
    var paths: Set<String> = []
    files = try siblings.map { (sibling) throws(VLMError) in
      guard let path = sibling["rfilename"]?.stringValue, Self.staysWithin(path), paths.insert(path).inserted else {
        throw malformed("has a file of an impossible name: \(sibling["rfilename"]?.stringValue ?? "none")")
      }
      let size = sibling.at("lfs.size")?.intValue ?? sibling["size"]?.intValue
      let large = sibling["lfs"].map { $0["sha256"]?.stringValue ?? $0["oid"]?.stringValue ?? "" }
      let hash = large ?? sibling["blobId"]?.stringValue ?? ""
      guard let size, (0...(1 << 50)).contains(size), isHash(hash, large == nil ? 40 : 64) else {
        throw malformed("says neither size nor hash of \(path)")
      }
      return File(path: path, byteCount: size, hash: hash)
    }
    self.commit = commit
  }

  /// Whether a path is plain: no part of it leads up or is empty, and none begins at the root.
  private static func staysWithin(_ path: String) -> Bool {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return !path.isEmpty && path.utf8.count < 1024
      && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count < 256 }
      && path.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 && $0 != "\\" }
  }
}

/// Which files of a repository are wanted.
package struct HubSelection: Sendable {
  package let files: [HubListing.File]
  /// What is not: other weights of the same model, pictures and the like.
  package let leftOut: [HubListing.File]

  /// Kinds of weights by their endings, the better ones first; one kind of a model is enough.
  private static let weights: [[String]] = [
    [".safetensors"], [".weights.h5"], [".h5"], [".bin", ".pt", ".pth", ".ckpt"],
    [".gguf", ".onnx", ".onnx_data", ".msgpack", ".ot", ".tflite", ".mlmodel", ".pb", ".npz", ".engine", ".llamafile"],
  ]
  private static let pictures = [".png", ".jpg", ".jpeg", ".gif", ".webp", ".mp4", ".mov", ".pdf"]

  private static func kind(_ path: String) -> Int? {
    weights.firstIndex { $0.contains(where: path.lowercased().hasSuffix) }
  }

  /// What the image encoder of a model in GGUF files is taken in, the better ones first.
  private static let projectors = ["f16", "bf16", "f32", "q8_0"]

  /// Of a data set all; of a model the weights at its root, of one kind, and everything else but pictures. Of several models in GGUF
  /// files the one that the repository names, and one image encoder.
  ///
  /// - Throws: `hub.variant` when none is named, or one that there is not.
  package init(_ files: [HubListing.File], of repository: HubRepository) throws(VLMError) {
    guard repository.kind == .model else {
      (self.files, leftOut) = (files, [])
      return
    }
    let atRoot = files.filter { !$0.path.contains("/") }
    let best = repository.variant == nil ? atRoot.compactMap { Self.kind($0.path) }.min() : Self.kind("x.gguf")
    let hasUsual = atRoot.contains { $0.path.hasPrefix("model") && Self.kind($0.path) == best }
    let models = try Self.models(atRoot, repository, isBest: best == Self.kind("x.gguf"))
    func isWanted(_ file: HubListing.File) -> Bool {
      if let models, file.path.hasSuffix(".gguf") { return models.contains(file.path) }
      guard let kind = Self.kind(file.path) else { return !Self.pictures.contains(where: file.path.lowercased().hasSuffix) }
      // `consolidated.safetensors` holds what `model.safetensors` does, in other names.
      return kind == best && !file.path.contains("/") && !(hasUsual && file.path.hasPrefix("consolidated"))
    }
    self.files = files.filter(isWanted)
    leftOut = files.filter { !isWanted($0) }
  }

  /// Paths of the GGUF files that are wanted; `nil` where the model is in none.
  private static func models(
    _ atRoot: [HubListing.File], _ repository: HubRepository, isBest: Bool
  ) throws(VLMError) -> Set<String>? {
    let all = atRoot.compactMap { file in GGUFName(file.path).map { (file.path, $0) } }
    let models = all.filter { !$0.1.isProjector }
    let labels = Set(models.map { $0.1.label }).sorted()
    let listed = labels.prefix(24).joined(separator: ", ") + (labels.count > 24 ? ", …" : "")
    var chosen = models.map(\.0)
    if let variant = repository.variant {
      chosen = GGUFName.models(variant, among: chosen)
      guard !chosen.isEmpty else {
        throw VLMError(
          .hubVariant, "has no GGUF file called \(variant)", file: repository.name,
          remedy: labels.isEmpty ? "leave :\(variant) out" : "there are \(listed)")
      }
    } else {
      guard isBest else { return nil }
      let count = Set(models.map(\.1.pieces)).count
      guard count <= 1 else {
        throw VLMError(
          .hubVariant, "holds \(count) models in GGUF files", file: repository.name,
          remedy: "name one, such as \(repository.name):\(labels[0]); there are \(listed)")
      }
    }
    let encoders = all.filter(\.1.isProjector)
    let encoder = projectors.lazy.compactMap { kind in encoders.first { $0.1.isVariant(kind) } }.first ?? encoders.first
    return Set(chosen + [encoder?.0].compactMap(\.self))
  }
}
