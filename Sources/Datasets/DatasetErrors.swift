public import Tensors

extension VLMError.Code {
  /// Neither a demonstration file nor a folder of them.
  public static let datasetNotFound = Self("datasets.path.not-found")
  /// Recorded demonstrations, or something else, in a format that is not read.
  public static let datasetForeign = Self("datasets.path.foreign")
  /// Something that more than one format claims.
  public static let datasetAmbiguous = Self("datasets.path.ambiguous")
  /// A group or data set that must be there is not.
  public static let datasetKeyMissing = Self("datasets.key.missing")
  /// A data set of a kind or shape that its name does not have.
  public static let datasetShape = Self("datasets.array.shape")
  /// Arrays of one demonstration that differ in length.
  public static let datasetLength = Self("datasets.array.length")
  /// A value that is NaN or infinite.
  public static let datasetNotFinite = Self("datasets.array.not-finite")
  /// A demonstration without usable rows.
  public static let datasetEmpty = Self("datasets.demonstration.empty")
  /// Demonstrations that do not fit together.
  public static let datasetInconsistent = Self("datasets.demonstration.inconsistent")
  /// A mask that names demonstrations which do not exist, or is not there.
  public static let datasetMask = Self("datasets.mask.unknown")
  /// A camera whose frames show nothing.
  public static let datasetDeadCamera = Self("datasets.camera.dead")
  /// An option out of its range.
  public static let datasetOption = Self("datasets.option.invalid")
}
