// swift-tools-version: 6.2
import PackageDescription

// Rooms and what each may import: the table in README.md ("The house"). The build refuses any other import
// when run with `--explicit-target-dependency-import-check error`, as ./dev does.
let package = Package(
  name: "vlmtool",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "vlmtool", targets: ["vlmtool"]),
    .library(name: "VLMToolKit", targets: ["VLMToolKit"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
  ],
  targets: [
    // Doorways to C libraries.
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CHDF5System", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "CJPEGSystem", pkgConfig: "libjpeg", providers: [.apt(["libjpeg62-turbo-dev"])]),
    .systemLibrary(name: "CPNGSystem", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(name: "CSnappy", pkgConfig: "snappy", providers: [.apt(["libsnappy-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CJPEGXLSystem", pkgConfig: "libjxl", providers: [.apt(["libjxl-dev"])]),
    .systemLibrary(name: "CBlosc", pkgConfig: "blosc", providers: [.apt(["libblosc-dev"])]),
    .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "CHDF5", dependencies: ["CHDF5System", "CBlosc", "CLZ4", "CZstd"]),
    .target(name: "CDatasets"),
    .target(name: "CImages", dependencies: ["CJPEGSystem", "CPNGSystem"]),
    .target(name: "CKernels"),
    .target(name: "CSHA256"),
    .target(
      name: "Formats", path: "formats", exclude: ["README.md", "json.md"],
      resources: [.embedInCode("families"), .embedInCode("parts"), .embedInCode("containers")]),

    // Rooms.
    .target(name: "Tensors", dependencies: ["CKernels"]),
    .target(name: "Files", dependencies: ["Tensors", "CHDF5", "CCrypto", "CSHA256", "CSnappy", "CZstd", "CBlosc", "CLZ4", "CZlib", "CJPEGXLSystem", "CDatasets"]),
    .target(name: "Hub", dependencies: ["Tensors", "Files", "CCurl", "CCrypto"]),
    .target(name: "Images", dependencies: ["Tensors", "CImages"]),
    .target(name: "Checkpoints", dependencies: ["Tensors", "Files"]),
    .target(name: "Mapping", dependencies: ["Tensors", "Files", "Checkpoints", "Formats"]),
    .target(name: "Quantization", dependencies: ["Tensors", "Files", "Checkpoints", "Mapping"]),
    .target(name: "Tokenizers", dependencies: ["Tensors", "Files"]),
    .target(name: "ChatTemplates", dependencies: ["Tensors", "Files", "Tokenizers"]),
    .target(
      name: "Runtime",
      dependencies: [
        "Tensors", "Files", "Images", "Checkpoints", "Mapping", "Tokenizers", "ChatTemplates",
      ]),
    .target(name: "ActionTokens", dependencies: ["Tensors", "Files"]),
    .target(name: "Datasets", dependencies: ["Tensors", "Files", "Images", "ActionTokens"]),
    .target(name: "Features", dependencies: ["Tensors", "Files", "Images", "Mapping", "Runtime"]),
    .target(name: "Grounding"),
    .target(name: "Statistics", dependencies: ["Tensors", "COpenBLAS"]),
    .target(
      name: "Jarvis",
      dependencies: [
        "Tensors", "Files", "Images", "Mapping", "Tokenizers", "ChatTemplates", "Runtime", "ActionTokens", "Grounding",
        "Statistics",
      ]),
    .target(
      name: "Probing",
      dependencies: [
        "Tensors", "Files", "Images", "Mapping", "Runtime", "Datasets", "Features", "Statistics",
      ]),
    .target(
      name: "Policies",
      dependencies: [
        "Tensors", "Files", "Images", "Checkpoints", "Mapping", "Runtime", "Datasets", "Features", "Statistics",
        "COpenBLAS",
      ]),
    .target(
      name: "Serving",
      dependencies: [
        "Tensors", "Files", "Images",
        .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"), .product(name: "NIOWebSocket", package: "swift-nio"),
      ]),
    .target(
      name: "VLMToolKit",
      dependencies: [
        "Tensors", "Images", "Mapping", "Quantization", "Runtime", "Datasets", "Features", "Statistics", "Probing",
      ]),
    .target(
      name: "Benchmarks",
      dependencies: [
        "Tensors", "Files", "Images", "Checkpoints", "Mapping", "Runtime", "Features", "Statistics", "Probing",
      ]),
    .target(
      name: "Reports",
      dependencies: [
        "Tensors", "Images", "Mapping", "Quantization", "Runtime", "Datasets", "Features", "Statistics", "Probing",
        "Policies", "ActionTokens", "Grounding", "Jarvis", "Benchmarks",
      ]),
    .executableTarget(
      name: "vlmtool",
      dependencies: [
        "Tensors", "Files", "Hub", "Images", "Checkpoints", "Mapping", "Quantization", "Runtime", "Datasets", "Features",
        "Statistics", "Probing", "Policies", "ActionTokens", "Jarvis", "Serving", "VLMToolKit", "Benchmarks", "Reports",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    // Tests.
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .executableTarget(
      name: "hostile",
      dependencies: [
        "Files", "Checkpoints", "Mapping", "Images", "Tokenizers", "ChatTemplates", "Runtime", "Datasets", "Jarvis", "Probing",
        "Tensors", "TestSupport", "CDatasets",
      ], path: "Tests/Hostile", exclude: ["run.sh"]),
    .executableTarget(
      name: "validation", dependencies: ["Probing", "Statistics", "Tensors"], path: "Tests/Validation"),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors", "TestSupport"]),
    .testTarget(name: "FilesTests", dependencies: ["Files", "Tensors", "CDatasets", "TestSupport"]),
    .testTarget(name: "HubTests", dependencies: ["Hub", "Files", "Tensors", "TestSupport"]),
    .testTarget(name: "ImagesTests", dependencies: ["Images", "Tensors", "Files", "Checkpoints", "TestSupport"]),
    .testTarget(name: "CheckpointsTests", dependencies: ["Checkpoints", "Files", "Tensors", "TestSupport"]),
    .testTarget(name: "MappingTests", dependencies: ["Mapping", "Policies", "Checkpoints", "Files", "Tensors", "TestSupport"]),
    .testTarget(
      name: "QuantizationTests",
      dependencies: ["Quantization", "Mapping", "Checkpoints", "Tensors", "TestSupport"]),
    .testTarget(
      name: "RuntimeTests",
      dependencies: [
        "Runtime", "Quantization", "Mapping", "Checkpoints", "Files", "Images", "Tensors", "Tokenizers", "TestSupport",
      ]),
    .testTarget(
      name: "TokenizersTests", dependencies: ["Tokenizers", "Files", "Tensors", "TestSupport"]),
    .testTarget(
      name: "ChatTemplatesTests", dependencies: ["ChatTemplates", "Tokenizers", "Files", "Tensors", "TestSupport"]),
    .testTarget(name: "ActionTokensTests", dependencies: ["ActionTokens", "Files", "Tensors", "TestSupport"]),
    .testTarget(
      name: "JarvisTests",
      dependencies: [
        "Jarvis", "ActionTokens", "Files", "Grounding", "Images", "Mapping", "Runtime", "Statistics", "Tensors", "TestSupport",
      ]),
    .testTarget(
      name: "DatasetsTests", dependencies: ["Datasets", "Files", "Images", "Tensors", "CDatasets", "TestSupport"]),
    .testTarget(name: "GroundingTests", dependencies: ["Grounding", "TestSupport"]),
    .testTarget(
      name: "StatisticsTests", dependencies: ["Statistics", "Checkpoints", "Tensors", "TestSupport"]),
    .testTarget(
      name: "FeaturesTests", dependencies: ["Features", "Mapping", "Runtime", "Images", "Tensors", "TestSupport"]),
    .testTarget(
      name: "PoliciesTests",
      dependencies: [
        "Policies", "Runtime", "Mapping", "Checkpoints", "Files", "Images", "Tensors", "TestSupport",
      ]),
    .testTarget(name: "ServingTests", dependencies: ["Serving", "Files", "Images", "Tensors", "TestSupport"]),
    .testTarget(
      name: "ProbingTests",
      dependencies: [
        "Probing", "Features", "Runtime", "Statistics", "Datasets", "Checkpoints", "Files", "Images", "Tensors",
        "TestSupport",
      ]),
    .testTarget(name: "BenchmarksTests", dependencies: ["Benchmarks", "Tensors", "TestSupport"]),
    .testTarget(
      name: "ReportsTests",
      dependencies: [
        "Reports", "ActionTokens", "Jarvis", "Probing", "Policies", "Features", "Statistics", "Quantization", "Mapping",
        "Runtime", "Tensors", "TestSupport",
      ],
      exclude: ["Goldens"]),
    .testTarget(name: "CommandTests", dependencies: ["vlmtool", "Files", "Tensors", "TestSupport"]),
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
