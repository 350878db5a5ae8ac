internal import Foundation
package import Tensors

extension Demonstrations {
  /// Opens an HDF5 file in LIBERO's or robomimic's layout, or all of them in a folder, by name.
  ///
  /// - Throws: `datasets.path.not-found` when there is none; the errors of `init` and of the files.
  package static func open(
    _ path: String, options: DemonstrationOptions = DemonstrationOptions()
  ) throws(VLMError) -> Demonstrations {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw VLMError(.datasetNotFound, "there is nothing of that name", file: path, remedy: "check the path")
    }
    do throws(VLMError) {
      var files: [any ArrayFile] = []
      for file in isDirectory.boolValue ? try demonstrationFiles(in: path) : [path] {
        files.append(try HDF5ArrayFile(file))
      }
      return try Demonstrations(files: files, path: path, options: options)
    } catch {
      throw ForeignDataset(at: path)?.error(path, cause: error) ?? error
    }
  }

  private static func demonstrationFiles(in directory: String) throws(VLMError) -> [String] {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
    } catch {
      throw VLMError(.datasetNotFound, "this folder cannot be listed", file: directory, cause: error)
    }
    let wanted = names.filter { name in
      !name.hasPrefix(".") && [".hdf5", ".h5"].contains { name.hasSuffix($0) }
    }
    guard !wanted.isEmpty else {
      throw VLMError(
        .datasetNotFound, "the folder holds no *.hdf5 or *.h5", file: directory,
        remedy: "it holds \(list(names)); give a folder of LIBERO or robomimic files")
    }
    return wanted.map { directory.hasSuffix("/") ? directory + $0 : "\(directory)/\($0)" }
  }
}
