import Reports
import Testing

@Suite struct FigureTests {
  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (1_234_567, "1.23 MB"), (99_949_999, "99.9 MB"),
    (999_400_000, "999 MB"), (999_600_000, "1.00 GB"), (4_418_000_000, "4.42 GB"), (Int.max, "9223 PB"),
  ])
  func bytes(count: Int, text: String) { #expect(Figure.bytes(count) == text) }

  @Test(arguments: [(7, "7"), (1_234, "1.23 k"), (2_208_985_600, "2.21 B")])
  func parameters(count: Int, text: String) { #expect(Figure.parameters(count) == text) }

  @Test(arguments: [(0, "0"), (-1234, "-1,234"), (999, "999"), (1_000_000, "1,000,000")])
  func count(value: Int, text: String) { #expect(Figure.count(value) == text) }

  @Test func countsWithNouns() {
    #expect(Figure.count(1, "episode") == "1 episode")
    #expect(Figure.count(1200, "frame") == "1,200 frames")
    #expect(Figure.count(2, "entry", "entries") == "2 entries")
  }

  @Test(arguments: [
    (0.714, "0.71"), (-0.001, "0.00"), (-0.126, "-0.13"), (.nan, "n/a"), (.infinity, "inf"),
    (-.infinity, "-inf"),
  ])
  func decimal(value: Double, text: String) { #expect(Figure.decimal(value) == text) }

  @Test(arguments: [(0.12, "+0.12"), (0.001, "0.00"), (-0.12, "-0.12"), (.nan, "n/a")])
  func signed(value: Double, text: String) { #expect(Figure.signed(value) == text) }

  @Test func intervals() {
    #expect(Figure.interval(0.71, 0.66, 0.75) == "0.71 [0.66, 0.75]")
    #expect(Figure.interval(0.021, -0.004, 0.04, places: 3, signed: true) == "+0.021 [-0.004, +0.040]")
    #expect(Figure.interval(0.71, .nan, .nan) == "0.71")
    #expect(Figure.interval(0.71, -.infinity, 0.8) == "0.71 [-inf, 0.80]")
  }

  @Test(arguments: [
    (0.0, "0 ms"), (0.42, "420 ms"), (0.9996, "1.0 s"), (8.34, "8.3 s"), (9.96, "10 s"), (59.4, "59 s"),
    (83, "1 min 23 s"), (7500, "2 h 05 min"), (-1, "n/a"), (.infinity, "n/a"),
  ])
  func durations(seconds: Double, text: String) { #expect(Figure.duration(seconds) == text) }

  @Test(arguments: [(0.2, "0:01"), (42, "0:42"), (3723, "1:02:03"), (.infinity, "-:--")])
  func clocks(seconds: Double, text: String) { #expect(Figure.clock(seconds) == text) }

  @Test func smallNumbers() {
    #expect(Figure.scientific(1.34e-6) == "1.3e-06")
    #expect(Figure.scientific(0) == "0")
    #expect(Figure.percent(0.953) == "95 %")
  }
}
