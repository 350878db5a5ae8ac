internal import Checkpoints
internal import Files
public import Tensors

/// What `vlmtool inspect` found: a model where the family is known, the bare tensors where it is not or they are asked for.
///
/// Encodes as the summary's fields, where there is one, and `listing`.
public struct Inspection: Encodable, Sendable {
  /// What to do besides reading headers.
  public struct Options: Sendable {
    /// How tensors are taken where the files do not say it.
    public var reading = MappedCheckpoint.Options()
    /// List every tensor that this picks by its name in the file or in the runtime.
    public var selecting: NamePick?
    /// Read the data, and say what it is like.
    public var statistics = false

    /// Headers only.
    public init() {}
  }

  /// What is in the model; absent where the family is not known.
  public let summary: CheckpointSummary?
  /// The tensors; absent where the family is known and nothing asks for them.
  public let listing: TensorListing?
  /// What was chosen or is odd, and with statistics every tensor that has elements which are no numbers.
  public let notices: [Notice]

  /// Looks at a checkpoint, or at any file that has tensors. Tensors without a place are no failure: `summary` has them.
  ///
  /// - Parameter path: as `MappedCheckpoint.open` takes it, or a GGUF or HDF5 file.
  /// - Throws: when files are malformed, or there is nothing that can be listed.
  public init(of path: String, _ options: Options = Options(), progress: ProgressHandler? = nil) throws {
    let place = try options.reading.folder ?? HubCache.resolve(path)
    let path = options.reading.folder == nil ? place : path
    let isListed = options.selecting != nil || options.statistics
    let checkpoint: MappedCheckpoint?
    let source: any TensorSource
    var unmapped: String?
    var reading = options.reading
    reading.requiringExactCoverage = false
    do throws(VLMError) {
      let opened = try MappedCheckpoint.open(path, reading)
      guard isListed else {
        summary = CheckpointSummary(opened)
        listing = nil
        notices = opened.notices
        return
      }
      checkpoint = opened
      source = CheckpointSource((opened.reader as? any StoredNames)?.storedReader ?? opened.reader)
    } catch {
      guard Self.listable.contains(error.code) else { throw error }
      checkpoint = nil
      do throws(VLMError) {
        source = try ListedFiles.open(place)
      } catch let other {
        // Where nothing can be listed either, what was wrong first says more.
        throw other.code == .fileIsForeign ? error : other
      }
      unmapped =
        source is CheckpointSource || source is GGUFFile
        ? error.message + (error.remedy.map { " (\($0))" } ?? "")
        : "\(source.container) files like this one are looked at, and mapped onto no model"
    }
    summary = checkpoint.map { CheckpointSummary($0) }
    var listing = TensorListing(source, path: path, unmapped: unmapped)
    if isListed {
      let entries = TensorListing.entries(source, of: checkpoint, options.selecting)
      var tensors = entries.map(\.tensor)
      if options.statistics {
        let found = try StatisticsRun(source, positions: entries.map(\.position)).run(progress: progress)
        for (index, statistics) in found.statistics.enumerated() { tensors[index].statistics = statistics }
        listing.findings = found.findings
      }
      listing.tensors = tensors
    }
    self.listing = listing
    notices =
      (checkpoint?.notices ?? [])
      + (listing.tensors ?? []).compactMap { tensor in
        tensor.statistics?.trouble.map { Notice(.warning, "\(tensor.name): \($0)", file: tensor.path) }
      }
  }

  /// What keeps a model from being mapped, and its tensors not from being listed.
  private static let listable: Set<VLMError.Code> = [
    .configMissing, .familyUnknown, .dialectUnknown, .configQuantized, .configUnsupported, .quantizedUnsupported,
    .directoryIsAmbiguous,
    .fileIsGGUF, .fileIsHDF5, .hdf5NoWeights, .hdf5Type, .hdf5SoftLink, .hdf5ExternalLink,
    .hdf5UserLink, .hdf5Cycle, .hdf5Filter, .hdf5VirtualDataset, .hdf5ExternalStorage,
  ]

  private enum Key: String, CodingKey { case listing }

  /// Writes the summary's fields, and `listing`.
  public func encode(to encoder: any Encoder) throws {
    try summary?.encode(to: encoder)
    var container = encoder.container(keyedBy: Key.self)
    try container.encodeIfPresent(listing, forKey: .listing)
  }
}
