internal import Files
package import Tensors

extension VLMError {
  /// Whether it tells of the recording, not of the machine that it is read on: nothing is wrong with a video that there is no program
  /// to decode.
  var isDamage: Bool { code != .processMissing && code != .processFailed }
}

extension VLMError.Code {
  /// Neither a demonstration file nor a folder of them.
  package static let datasetNotFound = Self("datasets.path.not-found")
  /// Recorded demonstrations, or something else, in a format that is not read.
  package static let datasetForeign = Self("datasets.path.foreign")
  /// Something that more than one format claims.
  package static let datasetAmbiguous = Self("datasets.path.ambiguous")
  /// A group or data set that must be there is not.
  package static let datasetKeyMissing = Self("datasets.key.missing")
  /// A data set of a kind or shape that its name does not have.
  package static let datasetShape = Self("datasets.array.shape")
  /// Arrays of one demonstration that differ in length.
  package static let datasetLength = Self("datasets.array.length")
  /// A value that is NaN or infinite.
  package static let datasetNotFinite = Self("datasets.array.not-finite")
  /// A demonstration without usable rows.
  package static let datasetEmpty = Self("datasets.demonstration.empty")
  /// Demonstrations that do not fit together.
  package static let datasetInconsistent = Self("datasets.demonstration.inconsistent")
  /// A file that holds more or fewer demonstrations than the recording says.
  package static let datasetIncomplete = Self("datasets.demonstration.incomplete")
  /// A mask that names demonstrations which do not exist, or is not there.
  package static let datasetMask = Self("datasets.mask.unknown")
  /// A camera whose frames show nothing.
  package static let datasetDeadCamera = Self("datasets.camera.dead")
  /// A camera of which the recording does not tell where it stands, or not in a way that points can be projected with.
  package static let datasetCamera = Self("datasets.camera.unknown")
  /// A simulator's state whose numbers nothing names, or nothing that fits them.
  package static let datasetScene = Self("datasets.scene.unreadable")
  /// An option out of its range.
  package static let datasetOption = Self("datasets.option.invalid")
}
