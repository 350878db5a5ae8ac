import Datasets
import Foundation
import Testing

@Suite struct RotationTests {
  @Test func aQuarterTurnAboutZ() {
    let half = 0.5.squareRoot()
    let expected = [0.0, 1, 0, -1, 0, 0]
    for numbers in [
      Rotation.sixNumbers(axisAngle: [0, 0, .pi / 2]), Rotation.sixNumbers(quaternion: [0, 0, half, half]),
      Rotation.sixNumbers(quaternion: [0, 0, -2 * half, -2 * half]),
    ] {
      for (number, wanted) in zip(numbers, expected) { #expect(abs(number - wanted) < 1e-12) }
    }
  }

  @Test func nothingIsTheIdentity() {
    #expect(Rotation.sixNumbers(axisAngle: [0, 0, 0]) == [1, 0, 0, 0, 1, 0])
    #expect(Rotation.sixNumbers(quaternion: [0, 0, 0, 0]) == [1, 0, 0, 0, 1, 0])
  }
}
