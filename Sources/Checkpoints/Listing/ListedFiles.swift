internal import Files
internal import Foundation
package import Tensors

/// Opens whatever has tensors to list.
package enum ListedFiles {
  /// Opens a checkpoint, any HDF5 file, the header of a GGUF file, or a folder of such files that no index joins.
  ///
  /// - Throws: `VLMError` when there is nothing to list, or a file is malformed.
  package static func open(_ path: String) throws(VLMError) -> any TensorSource {
    var isDirectory: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue {
      return try openDirectory(path)
    }
    switch FileKind(at: path)?.code {
    case .fileIsGGUF: return try GGUFFile(path)
    case .fileIsHDF5: return try HDF5Outline(path)
    default: break
    }
    return CheckpointSource(try Checkpoint.open(path))
  }

  private static func openDirectory(_ path: String) throws(VLMError) -> any TensorSource {
    do throws(VLMError) {
      let reader = try Checkpoint.open(path)
      // Under the types of ggml.
      if let file = reader.files.first, file.hasSuffix(".gguf") { return try GGUFFile(file) }
      return CheckpointSource(reader)
    } catch {
      let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
      let prefix = path.hasSuffix("/") ? path : path + "/"
      let files = names.filter { !$0.hasPrefix(".") && $0.hasSuffix(".safetensors") }
      if error.code == .directoryIsAmbiguous, files.count > 1 {
        var readers: [any CheckpointReader] = []
        for file in files { readers.append(try SafetensorsFile(prefix + file)) }
        return CheckpointSource(
          readers, notes: ["No index says that the \(files.count) files belong together; all are listed."])
      }
      throw error
    }
  }
}
