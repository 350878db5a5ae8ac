import Foundation
import TestSupport
import Testing

/// What one addition touches, counted in the code: the files that name a member which is there already, comments and help
/// texts left out. The README's "Adding to it" says the same in words.
@Suite struct DoorTests {
  struct Door: CustomTestStringConvertible {
    let testDescription: String
    /// A regular expression for every name that the member has.
    let names: String
    let places: [String]
  }

  static let doors = [
    Door(
      testDescription: "a family", names: "kosmos2",
      places: ["formats/README.md", "formats/Registry.swift", "formats/families/kosmos2.transformers.json5"]),
    Door(
      testDescription: "a projector of known layers", names: "pooled_linear|pooledLinear",
      places: ["Sources/Mapping/Configuration/ProjectorKind.swift"]),
    Door(
      testDescription: "an image processor", names: "SplittingProcessor",
      places: [
        "Sources/Runtime/ImageProcessing/ImageProcessorRegistry.swift",
        "Sources/Runtime/ImageProcessing/SplittingProcessor.swift",
      ]),
    Door(
      testDescription: "an int8 scheme", names: "(?i)w8a16",
      places: [
        "Sources/Mapping/Schemes/QuantizationSchemes.swift", "Sources/Mapping/Schemes/W8A16.swift",
      ]),
    Door(
      testDescription: "an output format", names: "KerasWeightsWriter",
      places: [
        "Sources/Checkpoints/Keras/KerasWeightsWriter.swift", "Sources/Mapping/Conversion/OutputFormat.swift",
      ]),
    Door(
      testDescription: "a way to keep weights in few bits", names: "AWQMethod",
      places: [
        "Sources/Checkpoints/Quantized/Methods/AWQMethod.swift", "Sources/Checkpoints/Quantized/QuantizationMethod.swift",
      ]),
    Door(
      testDescription: "a demonstration format", names: "robosuiteHDF5",
      places: [
        "Sources/Datasets/DemonstrationFormat.swift", "Sources/Datasets/HDF5Demonstrations/HDF5Demonstrations.swift",
      ]),
    Door(
      testDescription: "a probe target", names: "ee-rotation", places: ["Sources/Probing/Targets/ProbeTarget.swift"]),
  ]

  @Test(arguments: doors) func anAdditionTouches(_ door: Door) throws {
    let pattern = try Regex(door.names)
    // Family files choose among members by name; commands have them in examples of their help.
    let isAmong = door.testDescription == "a family" ? "formats" : "Sources"
    let files = HouseTests.files(under: isAmong, endings: ["swift", "md", "json5"]).filter {
      !$0.path.contains("/Sources/vlmtool/")
    }
    let places = try files.filter { file in
      try String(contentsOf: file, encoding: .utf8).split(separator: "\n").contains { line in
        !line.drop { $0 == " " }.hasPrefix("//") && line.contains(pattern)
      } || file.lastPathComponent.contains(pattern)
    }
    let root = HouseTests.repository.path(percentEncoded: false)
    #expect(places.map { String($0.path.dropFirst(root.hasSuffix("/") ? root.count : root.count + 1)) }.sorted() == door.places)
  }
}
