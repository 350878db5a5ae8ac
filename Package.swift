// swift-tools-version: 6.2
import PackageDescription

// Rooms and what each may import: the table in README.md ("The house"). The build refuses any other import
// when run with `--explicit-target-dependency-import-check error`, as ./dev does.
let package = Package(
  name: "vlmtool",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "vlmtool", targets: ["vlmtool"]),
    .library(
      name: "VLMToolKit",
      targets: [
        "Tensors", "Images", "Checkpoints", "Mapping", "Quantization", "Tokenizers", "ChatTemplates",
        "Runtime",
        "Datasets", "Probing", "Reports",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // Doorways to C libraries.
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CHDF5System", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "CJPEGSystem", pkgConfig: "libjpeg", providers: [.apt(["libjpeg62-turbo-dev"])]),
    .systemLibrary(name: "CPNGSystem", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .target(name: "CHDF5", dependencies: ["CHDF5System"]),
    .target(name: "CImages", dependencies: ["CJPEGSystem", "CPNGSystem"]),
    .target(name: "CKernels"),
    .target(name: "CSHA256"),
    .target(
      name: "Formats", path: "formats", exclude: ["README.md", "json.md"],
      resources: [.embedInCode("families"), .embedInCode("parts"), .embedInCode("containers")]),

    // Rooms.
    .target(name: "Tensors", dependencies: ["CKernels"]),
    .target(name: "Images", dependencies: ["Tensors", "CImages"]),
    .target(name: "Checkpoints", dependencies: ["Tensors", "CHDF5", "CCrypto", "CSHA256"]),
    .target(name: "Mapping", dependencies: ["Tensors", "Checkpoints", "Formats"]),
    .target(name: "Quantization", dependencies: ["Tensors", "CKernels", "Checkpoints", "Mapping"]),
    .target(
      name: "Runtime",
      dependencies: [
        "Tensors", "Images", "Checkpoints", "Mapping", "Quantization", "Tokenizers", "ChatTemplates",
        "CKernels", "COpenBLAS",
      ]),
    .target(name: "Tokenizers", dependencies: ["Tensors", "Checkpoints"]),
    .target(name: "ChatTemplates", dependencies: ["Tensors", "Tokenizers"]),
    .target(name: "Datasets", dependencies: ["Tensors", "Images", "Checkpoints"]),
    .target(
      name: "Probing",
      dependencies: ["Tensors", "Images", "Checkpoints", "Mapping", "Runtime", "Datasets", "COpenBLAS"]),
    .target(
      name: "Reports", dependencies: ["Tensors", "Images", "Mapping", "Quantization", "Runtime", "Probing"]),
    .executableTarget(
      name: "vlmtool",
      dependencies: [
        "Tensors", "Images", "Checkpoints", "Mapping", "Quantization", "Runtime", "Datasets", "Probing",
        "Reports",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Tests.
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .executableTarget(
      name: "hostile",
      dependencies: [
        "Checkpoints", "Mapping", "Images", "Tokenizers", "ChatTemplates", "Runtime", "Datasets", "Probing", "Tensors",
        "TestSupport",
      ], path: "Tests/Hostile"),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors", "CKernels", "TestSupport"]),
    .testTarget(name: "ImagesTests", dependencies: ["Images", "Tensors", "Checkpoints", "TestSupport"]),
    .testTarget(name: "CheckpointsTests", dependencies: ["Checkpoints", "Tensors", "TestSupport"]),
    .testTarget(name: "MappingTests", dependencies: ["Mapping", "Checkpoints", "Tensors", "TestSupport"]),
    .testTarget(
      name: "QuantizationTests",
      dependencies: ["Quantization", "Mapping", "Checkpoints", "Tensors", "CKernels", "TestSupport"]),
    .testTarget(
      name: "RuntimeTests",
      dependencies: [
        "Runtime", "Quantization", "Mapping", "Checkpoints", "Images", "Tensors", "CKernels", "TestSupport",
      ]),
    .testTarget(
      name: "TokenizersTests", dependencies: ["Tokenizers", "Checkpoints", "Tensors", "TestSupport"]),
    .testTarget(
      name: "ChatTemplatesTests", dependencies: ["ChatTemplates", "Tokenizers", "Tensors", "TestSupport"]),
    .testTarget(
      name: "DatasetsTests", dependencies: ["Datasets", "Checkpoints", "Images", "Tensors", "TestSupport"]),
    .testTarget(
      name: "ProbingTests",
      dependencies: ["Probing", "Datasets", "Images", "Runtime", "Checkpoints", "Tensors", "TestSupport"]),
    .testTarget(
      name: "ReportsTests",
      dependencies: ["Reports", "Probing", "Quantization", "Mapping", "Runtime", "Tensors", "TestSupport"],
      exclude: ["Goldens"]),
    .testTarget(name: "CommandTests", dependencies: ["vlmtool", "Checkpoints", "Tensors", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu17
)

for target in package.targets where ![.system, .plugin].contains(target.type) && target.name != "Formats" {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
  ]
}
