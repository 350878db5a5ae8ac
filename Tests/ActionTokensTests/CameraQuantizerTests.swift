import Testing

@testable import ActionTokens

@Suite struct CameraQuantizerTests {
  @Test func binsAreTheOracles() {
    for pair in Oracle.truth.bins { #expect(CameraQuantizer.bin(degrees: pair[0]) == Int(pair[1]), "\(pair[0])") }
  }

  /// Libraries of mathematics differ in the last bit of a power.
  @Test func degreesAreTheOracles() {
    for (bin, degrees) in Oracle.truth.degrees.enumerated() {
      #expect(abs(CameraQuantizer.degrees(bin: bin) - degrees) <= 4e-15 * abs(degrees))
    }
  }

  @Test(arguments: [
    (0.05, 10), (0.09, 11), (0.3, 12), (1, 14), (2.5, 16), (5, 18), (9, 20), (-0.5, 8), (-2.5, 4), (10, 20), (-10, 0),
    (1e300, 20), (-1e300, 0), (0, 10), (-0.0, 10),
  ]) func goldenNumbers(degrees: Double, bin: Int) { #expect(CameraQuantizer.bin(degrees: degrees) == bin) }

  @Test func goldenDegrees() {
    let steps = [0, 0.1779, 0.4192, 0.7463, 1.1899, 1.7913, 2.6067, 3.7123, 5.2114, 7.244, 10]
    for (step, degrees) in steps.enumerated() {
      #expect(abs(CameraQuantizer.degrees(bin: 10 + step) - degrees) < 5e-5)
      #expect(abs(CameraQuantizer.degrees(bin: 10 - step) + degrees) < 5e-5)
    }
  }

  @Test func everyBinComesBack() {
    for bin in 0..<CameraQuantizer.bins { #expect(CameraQuantizer.bin(degrees: CameraQuantizer.degrees(bin: bin)) == bin) }
  }
}
