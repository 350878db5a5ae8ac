import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Mapping

/// What is wrong with a checkpoint of any family must not go unseen: one tensor missing, too many, of another shape.
@Suite struct FamilyMutationTests {
  static let checkpoints = MappedCheckpointTests.checkpoints

  /// The tensors of a small checkpoint, changed; they are mapped, never read.
  private struct Changed: CheckpointReader {
    var tensors: [TensorDescriptor]
    func file(of name: String) -> String { "changed" }
    func withBytes<R>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
      preconditionFailure("nothing is read")
    }
    func readBytes(
      of name: String, _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
    ) throws(VLMError) { preconditionFailure("nothing is read") }
  }

  private func coverage(
    _ path: String, _ tensors: [TensorDescriptor]
  ) throws(VLMError) -> Coverage {
    let directory = Fixture.url(path).path
    var options = MappedCheckpoint.Options()
    options.requiringExactCoverage = false
    return try MappedCheckpoint(
      path: path, directory: directory, reader: Changed(tensors: tensors.sorted { $0.name < $1.name }),
      configFile: ConfigFile.path(in: directory), options: options, catalog: try FamilyCatalog.builtIn()
    ).coverage
  }

  /// All tensors, and a dozen from all over that fill parameters which must be there.
  private func needed(_ path: String) throws -> (all: [TensorDescriptor], needed: [TensorDescriptor]) {
    let checkpoint = try MappedCheckpoint.open(Fixture.url(path).path)
    let optional = Set(checkpoint.inventory.parameters.filter(\.isOptional).map(\.name))
    let sources = Set(
      checkpoint.coverage.claims.filter { optional.isDisjoint(with: $0.parameters) }.flatMap(\.sources))
    let all = checkpoint.reader.tensors
    let candidates = all.filter { sources.contains($0.name) }
    let step = max(candidates.count / 12, 1)
    return (all, stride(from: 0, to: candidates.count, by: step).map { candidates[$0] })
  }

  @Test(arguments: checkpoints) func missingTensorsAreSeen(path: String) throws {
    let (all, needed) = try needed(path)
    for absent in needed {
      // Which vision tower is alone, and which has a projection, CLIP says by its tensors.
      guard absent.name != "visual_projection.weight" else { continue }
      let coverage = try coverage(path, all.filter { $0 != absent })
      #expect(!coverage.missing.isEmpty, "\(absent.name)")
    }
  }

  @Test(arguments: checkpoints) func surplusTensorsAreSeen(path: String) throws {
    let (all, needed) = try needed(path)
    for likeness in needed.filter({ $0.name.contains(".0.") }).prefix(3) {
      for name in ["\(likeness.name).extra", likeness.name.replacing(".0.", with: ".77.")] {
        let extra = TensorDescriptor(name: name, dtype: likeness.dtype, shape: likeness.shape)
        let coverage = try coverage(path, all + [extra])
        #expect(coverage.unclaimed.map(\.name) == [name])
      }
    }
  }

  @Test(arguments: checkpoints) func otherShapesAreSeen(path: String) throws {
    let (all, needed) = try needed(path)
    for tensor in needed {
      let turned = Shape(tensor.shape.dimensions.reversed())
      let longer = Shape([(tensor.shape.dimensions.first ?? 1) + 1] + tensor.shape.dimensions.dropFirst())
      for shape in Set([turned, longer]) where shape != tensor.shape {
        let other = TensorDescriptor(name: tensor.name, dtype: tensor.dtype, shape: shape)
        let coverage = try coverage(path, all.map { $0 == tensor ? other : $0 })
        #expect(!coverage.isExact, "\(tensor.name) as \(shape)")
        #expect(coverage.mismatches.map(\.name) == [tensor.name], "\(tensor.name) as \(shape)")
      }
    }
  }
}
