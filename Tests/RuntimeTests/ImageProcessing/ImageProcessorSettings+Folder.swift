import Files
import Foundation

@testable import Mapping
@testable import Runtime

extension ImageProcessorSettings {
  /// The settings of a folder that need not hold a whole checkpoint.
  init(directory: String) throws {
    let file = directory + "/config.json"
    let config = try FileManager.default.contents(atPath: file).map {
      try JSONValue(parsing: $0, file: file, code: .configSyntax)
    }
    let source = config?["source"] ?? config ?? .object([:])
    let catalog = try FamilyCatalog.builtIn()
    try self.init(
      ProcessorFiles(ModelFolder(directory)), config: source,
      standard: catalog.files.lazy.filter { $0.matches(source) }.map(catalog.processors).first { $0.image != nil }
        ?? ProcessorClasses(),
      directory: directory)
  }
}

extension ImageProcessorRegistry {
  static func open(_ directory: String, packer: PatchPacker) throws -> any ImageProcessor {
    try open(ImageProcessorSettings(directory: directory), packer: packer)
  }
}
