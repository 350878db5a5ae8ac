// swift-tools-version: 6.2
import PackageDescription

// A user of the library; `./dev test` builds it. Elsewhere `path` is a URL and a version.
let package = Package(
  name: "Example",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "vlmtool", path: "../..")],
  targets: [.executableTarget(name: "example", dependencies: [.product(name: "VLMToolKit", package: "vlmtool")])]
)
