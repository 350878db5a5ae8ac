package import Foundation
package import Tensors

extension VLMError.Code {
  package static let hubName = Self("files.hub.name")
  package static let hubNotCached = Self("files.hub.not-cached")
}

/// A repository of the Hugging Face hub at one revision: models are `hf://org/name[@revision]`, data sets
/// `hf://datasets/org/name[@revision]`. Of a model in several GGUF files one is `hf://org/name[@revision]:Q4_K_M`, as for llama.cpp.
package struct HubRepository: Sendable, Hashable {
  package enum Kind: String, Sendable {
    case model, dataset

    /// Before `org/name`, in names and on the web.
    fileprivate var prefix: String { self == .model ? "" : "datasets/" }
    fileprivate var title: String { self == .model ? "model" : "data set" }
  }

  package let kind: Kind
  /// `org/name`.
  package let id: String
  /// A branch, a tag or a commit.
  package let revision: String
  /// Of a model in several GGUF files the one that is meant.
  package let variant: String?

  /// As users write it.
  package var name: String {
    "hf://\(kind.prefix)\(id)" + (revision == "main" ? "" : "@\(revision)") + (variant.map { ":" + $0 } ?? "")
  }

  /// `nil` for any path that does not begin with `hf://`.
  ///
  /// - Throws: `files.hub.name`, for addresses on the web too.
  package init?(_ path: String, of kind: Kind) throws(VLMError) {
    guard path.hasPrefix("hf://") else {
      if let address = HubCache.webAddress(path, kind) { throw address }
      return nil
    }
    let whole = path.dropFirst(5)
    let pieces = (whole.hasPrefix(kind.prefix) ? whole.dropFirst(kind.prefix.count) : "")
      .split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let parts = (pieces.first ?? "").split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    variant = pieces.count == 2 ? String(pieces[1]) : nil
    let names = parts[0].split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    revision = parts.count == 2 ? String(parts[1]) : "main"
    guard names.count == 2, names.allSatisfy(HubCache.isPlainName),
      revision.split(separator: "/", omittingEmptySubsequences: false).allSatisfy({ HubCache.isPlainName(String($0)) }),
      variant.map({ kind == .model && HubCache.isPlainName($0) }) ?? true
    else {
      throw VLMError(
        .hubName, "not a \(kind.title)'s name", file: path,
        remedy: "write hf://\(kind.prefix)org/name or hf://\(kind.prefix)org/name@revision"
          + (kind == .model ? ", and :Q4_K_M behind it for one of several GGUF files" : ""))
    }
    self.kind = kind
    id = parts[0].description
  }

  /// Its folder in the cache, whether it is there or not.
  package func folder(_ environment: [String: String]) -> URL {
    HubCache.directory(environment).appending(path: "\(kind.rawValue)s--" + id.replacing("/", with: "--"))
  }

  /// The snapshot's folder in the cache, of a variant its file there; `nil` where there is none.
  package func snapshot(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
    let folder = folder(environment)
    let reference = try? String(contentsOf: folder.appending(path: "refs/\(revision)"), encoding: .utf8)
    let commit = reference?.trimmingCharacters(in: .whitespacesAndNewlines) ?? revision
    let snapshot = folder.appending(path: "snapshots/\(commit)")
    guard HubCache.isPlainName(commit), FileManager.default.fileExists(atPath: snapshot.path) else { return nil }
    guard let variant else { return snapshot.path }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: snapshot.path)) ?? []
    // A link whose blob was cleared away is no file.
    return GGUFName.models(variant, among: names.sorted()).first.map { "\(snapshot.path)/\($0)" }.flatMap {
      FileManager.default.fileExists(atPath: $0) ? $0 : nil
    }
  }
}

/// What the name of a GGUF file says: `Qwen2.5-VL-3B-Instruct-Q4_K_M.gguf`, `mmproj-Qwen2.5-VL-3B-Instruct-f16.gguf`.
package struct GGUFName {
  /// Pieces between `-` and `.`, without the ending and the number of a part.
  package let pieces: [Substring]
  /// Whether it is called as files with an image encoder are.
  package let isProjector: Bool

  /// `nil` for any other file.
  package init?(_ name: String) {
    guard name.hasSuffix(".gguf"), !name.hasPrefix(".") else { return nil }
    isProjector = name.lowercased().contains("mmproj")
    var stem = name.dropLast(5)
    if let part = stem.firstMatch(of: /-[0-9]{5}-of-[0-9]{5}$/) { stem = stem[..<part.range.lowerBound] }
    pieces = stem.split { "-.".contains($0) }
  }

  /// The last piece, by which variants are told apart.
  package var label: String { pieces.last.map(String.init) ?? "" }

  /// Whether it is called so at its end, in whatever case; `UD-Q4_K_XL` is two pieces.
  package func isVariant(_ name: String) -> Bool {
    let wanted = name.lowercased().split { "-.".contains($0) }.map(String.init)
    return !wanted.isEmpty && pieces.suffix(wanted.count).map { $0.lowercased() } == wanted
  }

  /// The files of the model that a user calls `variant`; of `x-Q4_K_M` and `x-UD-Q4_K_M` the first is `Q4_K_M`.
  package static func models(_ variant: String, among files: [String]) -> [String] {
    let found = files.compactMap { file in GGUFName(file).map { (file, $0) } }.filter { !$0.1.isProjector && $0.1.isVariant(variant) }
    let fewest = found.map(\.1.pieces.count).min()
    return found.filter { $0.1.pieces.count == fewest }.map(\.0)
  }
}

/// Finds repositories in the local Hugging Face cache.
///
/// The layout is huggingface_hub's: `models--org--name/refs/<revision>` holds a commit, `snapshots/<commit>/` the files.
/// `HF_HUB_CACHE`, then `HF_HOME`, then `XDG_CACHE_HOME` say where the cache is. Nothing is downloaded; see `HubDownload`.
package enum HubCache {
  /// The snapshot's folder that an `hf://` name stands for; `nil` for any other path.
  ///
  /// - Throws: `files.hub.name`, for addresses on the web too; `files.hub.not-cached`.
  package static func snapshot(
    _ path: String, of kind: HubRepository.Kind, environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(VLMError) -> String? {
    guard let repository = try HubRepository(path, of: kind) else { return nil }
    if let snapshot = repository.snapshot(environment) { return snapshot }
    throw VLMError(
      .hubNotCached, "not in the local hub cache \(directory(environment).path)", file: path,
      remedy: "fetch it with: vlmtool download \(repository.name)")
  }

  /// What to write instead of an address on the web; `nil` for a path.
  fileprivate static func webAddress(_ path: String, _ kind: HubRepository.Kind) -> VLMError? {
    let isAddress = path.hasPrefix("https://") || path.hasPrefix("http://")
    let rest = isAddress ? path.drop { $0 != ":" }.dropFirst(3) : path[...]
    var parts = rest.split { $0 == "/" || $0 == "?" || $0 == "#" }.map(String.init)
    let isHub = parts.first.map { ["huggingface.co", "www.huggingface.co", "hf.co"].contains($0) } ?? false
    guard isAddress || isHub && !FileManager.default.fileExists(atPath: path) else { return nil }
    if kind == .dataset, parts.count > 1, parts[1] == "datasets" { parts.remove(at: 1) }
    guard isHub, parts.count >= 3, parts[1...2].allSatisfy(isPlainName) else {
      return VLMError(
        .hubName, "is an address on the web, and not the hub's", file: path,
        remedy: "download it, and give its directory; of a \(kind.title) on the hub write hf://\(kind.prefix)org/name")
    }
    let hasRevision =
      parts.count >= 5 && ["tree", "blob", "resolve"].contains(parts[3]) && parts[4] != "main"
    let name = "\(parts[1])/\(parts[2])"
    let revision = hasRevision ? parts[4] : nil
    return VLMError(
      .hubName, "is an address on the web", file: path,
      remedy: "write hf://\(kind.prefix)\(name)\(revision.map { "@\($0)" } ?? "") for the \(kind.title)")
  }

  static func directory(_ environment: [String: String]) -> URL {
    if let cache = environment["HF_HUB_CACHE"], !cache.isEmpty { return URL(filePath: cache) }
    return home(environment).appending(path: "hub")
  }

  /// Where huggingface_hub keeps what is its own.
  package static func home(_ environment: [String: String]) -> URL {
    if let home = environment["HF_HOME"], !home.isEmpty { return URL(filePath: home) }
    if let xdg = environment["XDG_CACHE_HOME"], !xdg.isEmpty { return URL(filePath: xdg).appending(path: "huggingface") }
    let home = environment["HOME"].map { URL(filePath: $0) } ?? URL(filePath: NSHomeDirectory())
    return home.appending(path: ".cache/huggingface")
  }

  /// Letters, digits, `-`, `_`, `.`, but neither `.` nor `..`: what the hub allows, and nothing that leaves the cache.
  package static func isPlainName(_ name: String) -> Bool {
    !name.isEmpty && name != "." && name != ".."
      && name.unicodeScalars.allSatisfy {
        $0.isASCII
          && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || "-_.".unicodeScalars.contains($0))
      }
  }
}
