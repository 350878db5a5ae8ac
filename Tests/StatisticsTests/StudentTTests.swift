import Statistics
import Testing

/// Against scipy.stats.t.ppf (1.17.1).
@Suite struct StudentTTests {
  @Test(arguments: [
    (0.975, 1, 12.706204736432095), (0.975, 2, 4.302652729911275), (0.975, 10, 2.2281388519649385),
    (0.975, 199, 1.971956544249395), (0.995, 5, 4.032142983557536), (0.6, 3, 0.27667066233268955),
    (0.025, 30, -2.0422724563012378), (0.5, 7, 0.0),
  ])
  func quantiles(level: Double, degrees: Int, expected: Double) {
    #expect(abs(StudentT.quantile(level, degrees: degrees) - expected) <= 1e-9 * max(1, abs(expected)))
  }
}
