import Files
import Foundation
import Mapping

@testable import Runtime

extension ImageProcessorSettings {
  /// The settings of a folder that need not hold a whole checkpoint.
  init(directory: String) throws {
    let file = directory + "/config.json"
    let config = try FileManager.default.contents(atPath: file).map {
      try JSONValue(parsing: $0, file: file, code: .configSyntax)
    }
    try self.init(
      ProcessorFiles(directory: directory), config: config?["source"] ?? config ?? .object([:]),
      directory: directory)
  }
}

extension ImageProcessorRegistry {
  static func open(_ directory: String, packer: PatchPacker) throws -> any ImageProcessor {
    try open(ImageProcessorSettings(directory: directory), packer: packer)
  }
}
