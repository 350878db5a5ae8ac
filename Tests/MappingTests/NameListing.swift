import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Mapping

/// A listing of `fixtures/names`: the tensors of a model at full size, without data.
struct NameListing: CheckpointReader {
  private(set) var tensors: [TensorDescriptor]
  /// Elements by part of the model, as torch counts them.
  let counts: [ModelComponent: Int]
  let path: String

  /// - Parameter name: `qwen2-vl-2b/transformers-4`.
  init(_ name: String) throws {
    path = Fixture.url("names/\(name)").path
    var counts: [ModelComponent: Int] = [:]
    var tensors: [TensorDescriptor] = []
    for line in try String(contentsOf: Fixture.url("names/\(name).txt"), encoding: .utf8).split(
      separator: "\n")
    {
      if line.hasPrefix("# ") {
        for part in line.dropFirst(2).split(separator: " ") {
          let pair = part.split(separator: "=")
          counts[try #require(ModelComponent(rawValue: String(pair[0])))] = Int(pair[1])
        }
        continue
      }
      let bracket = try #require(line.firstIndex(of: "["))
      let close = try #require(line.firstIndex(of: "]"))
      let dtype = try #require(DType(rawValue: String(line[..<bracket].dropLast())))
      let shape = Shape(
        line[line.index(after: bracket)..<close].split(separator: ",").map { Int($0.drop { $0 == " " })! })
      for name in Self.expand(line[close...].dropFirst(2)) {
        tensors.append(TensorDescriptor(name: name, dtype: dtype, shape: shape))
      }
    }
    self.counts = counts
    self.tensors = tensors.sorted { $0.name < $1.name }
  }

  private static func expand(_ text: Substring) -> [String] {
    guard let open = text.firstIndex(of: "{"), let close = text.firstIndex(of: "}") else {
      return [String(text)]
    }
    let inside = text[text.index(after: open)..<close]
    let numbers: [Int]
    if let dots = inside.firstRange(of: "..") {
      numbers = Array(Int(inside[..<dots.lowerBound])!...Int(inside[dots.upperBound...])!)
    } else {
      numbers = inside.split(separator: ",").map { Int($0)! }
    }
    return numbers.map { "\(text[..<open])\($0)\(text[text.index(after: close)...])" }
  }

  /// The listing with tensors changed: `nil` leaves one out.
  func changing(_ change: (TensorDescriptor) -> TensorDescriptor?, adding: [TensorDescriptor] = [])
    -> NameListing
  {
    var copy = self
    copy.tensors = (tensors.compactMap(change) + adding).sorted { $0.name < $1.name }
    return copy
  }

  func mapped(exactly: Bool = true) throws(VLMError) -> MappedCheckpoint {
    var options = MappedCheckpoint.Options()
    options.requiringExactCoverage = exactly
    return try MappedCheckpoint(
      path: path, directory: path, reader: self, configFile: path + ".json", options: options,
      catalog: try FamilyCatalog.builtIn())
  }

  func file(of name: String) -> String { path }

  func withBytes<R>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    preconditionFailure("a listing has no data")
  }

  func readBytes(
    of name: String, _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) { preconditionFailure("a listing has no data") }
}
