package import Tensors

extension VLMError.Code {
  package static let zipEnd = Self("files.zip.end")
  package static let zipDirectory = Self("files.zip.directory")
  package static let zipName = Self("files.zip.name")
  package static let zipDuplicate = Self("files.zip.duplicate")
  package static let zipMethod = Self("files.zip.method")
  package static let zipBomb = Self("files.zip.bomb")
  package static let zipHeader = Self("files.zip.header")
  package static let zipDamaged = Self("files.zip.damaged")
  package static let zipPacked = Self("files.zip.packed")
  package static let zipNotFound = Self("files.zip.notFound")
}
