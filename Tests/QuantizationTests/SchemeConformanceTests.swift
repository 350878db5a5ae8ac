import FoundationEssentials
import Mapping
import Quantization
import Tensors
import TestSupport
import Testing

/// The kit on schemes that are wrong, and on a new one that is right: what one has to write is here.
@Suite struct SchemeConformanceTests {
  /// A scheme of its own arithmetic; all else is as an addition would have it.
  private struct Toy: SymmetricScheme {
    let id = "toy"
    let summary = "for tests"
    let activations = ActivationPrecision.float
    let make: @Sendable (WeightRows) -> any WeightCodec

    func validate(_ granularity: Granularity) throws(VLMError) {}
    func codec(for rows: WeightRows) -> any WeightCodec { make(rows) }
  }

  /// Codes of `SymmetricCodes` that something was done to.
  private struct Altered: WeightCodec {
    let inner: SymmetricCodes
    var rows: WeightRows { inner.rows }
    /// Gets one code and whether the kernels are scalar.
    let alter: @Sendable (Int8, Bool) -> Int8
    var bound: @Sendable (Float) -> Float

    init(_ rows: WeightRows, alter: @escaping @Sendable (Int8, Bool) -> Int8, bound: (@Sendable (Float) -> Float)? = nil) {
      let inner = SymmetricCodes(rows)
      self.inner = inner
      self.alter = alter
      self.bound = bound ?? { inner.errorBound(peak: $0) }
    }

    func quantize(
      _ count: Int, source: UnsafeRawPointer, codes: UnsafeMutablePointer<Int8>,
      scales: UnsafeMutablePointer<Float>, losses: UnsafeMutablePointer<LossSums>?, by kernels: Kernels
    ) -> Int? {
      let refused = inner.quantize(
        count, source: source, codes: codes, scales: scales, losses: losses, by: kernels)
      for index in 0..<count * rows.columns {
        codes[index] = alter(codes[index], kernels.instructionSet == .scalar)
      }
      return refused
    }

    func errorBound(peak: Float) -> Float { bound(peak) }
  }

  private func defects(_ make: @escaping @Sendable (WeightRows) -> any WeightCodec) -> [String] {
    SchemeConformance.defects(of: Toy(make: make))
  }

  @Test func anAdditionThatIsRightPasses() {
    #expect(defects { SymmetricCodes($0) } == [])
  }

  /// Those that formats of other libraries have beside the runtime's.
  @Test func schemesOfFormatsConform() {
    for scheme in [W4A16(), GGMLScheme(bits: 8), GGMLScheme(bits: 4)] as [any SymmetricScheme] {
      #expect(SchemeConformance.defects(of: scheme) == [], "\(scheme.id)")
    }
  }

  /// From a checkpoint to one on disk and back, by a scheme that is in no registry.
  @Test func anAdditionQuantizesACheckpoint() throws {
    let source = try MappedCheckpoint.open(Fixture.url("families/siglip/transformers-4").path)
    try Fixture.withTemporaryDirectory { directory in
      var options = try QuantizationOptions(output: directory.appending(path: "int8").path)
      options.layout = .runtime(Toy(make: { SymmetricCodes($0) }))
      #expect(try source.quantize(options).scheme == "toy")
      let stored = try MappedCheckpoint.open(options.conversion.output)
      #expect(stored.configuration.quantization?.scheme == "toy")
      let name = "vision.blocks.0.mlp.up.weight"
      let (before, after) = (try source.floats(name).values, try stored.floats(name).values)
      let peak = before.reduce(0) { max($0, $1.magnitude) }
      let bound = SymmetricCodes(WeightRows(columns: source.parameters[name]!.shape[1], dtype: .f32)).errorBound(peak: peak)
      #expect(stored.parameters[name]?.dtype == .i8 && before != after)
      #expect(zip(before, after).allSatisfy { ($0 - $1).magnitude <= bound })
    }
  }

  @Test func writingZerosFails() {
    #expect(defects { Altered($0) { _, _ in 0 } }.contains { $0.contains("comes back as 0.0") })
  }

  @Test func aBoundThatLetsZerosPassIsNone() {
    let found = defects { Altered($0, alter: { _, _ in 0 }, bound: { $0 }) }
    #expect(found.contains { $0.contains("is no bound") })
  }

  @Test func exceedingTheBoundFails() {
    #expect(defects { Altered($0) { code, _ in code & ~3 } }.contains { $0.contains("beyond") })
  }

  @Test(.enabled(if: InstructionSet.available.count > 1, "a machine that has vector kernels"))
  func aKernelThatDiffersFromItsScalarTwinFails() {
    let found = defects { Altered($0) { code, isScalar in isScalar || code != 5 ? code : 4 } }
    #expect(!found.isEmpty && found.allSatisfy { $0.contains("differs from scalar") })
  }

  @Test func takingWhatIsNotFiniteFails() {
    struct Careless: WeightCodec {
      let inner: SymmetricCodes
      var rows: WeightRows { inner.rows }
      func quantize(
        _ count: Int, source: UnsafeRawPointer, codes: UnsafeMutablePointer<Int8>,
        scales: UnsafeMutablePointer<Float>, losses: UnsafeMutablePointer<LossSums>?, by kernels: Kernels
      ) -> Int? {
        _ = inner.quantize(count, source: source, codes: codes, scales: scales, losses: losses, by: kernels)
        return nil
      }
      func errorBound(peak: Float) -> Float { inner.errorBound(peak: peak) }
    }
    let found = defects { Careless(inner: SymmetricCodes($0)) }
    #expect(!found.isEmpty && found.allSatisfy { $0.contains("takes a NaN") })
  }
}
