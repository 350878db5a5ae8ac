import Files
import Foundation
import Policies
import Tensors
import TestSupport
import Testing

/// Against NumPy in double precision, and the golden numbers of the specification.
@Suite struct ActionCodecTests {
  /// Both sides compute in f64, in the same order but for a product or two.
  static let tolerance = 1e-14

  @Test func labelsEqualTheirs() throws {
    let golden = try PolicyOracle.json("codec.json")
    for part in golden["normalize"]!.arrayValue! {
      let statistics = try PolicyOracle.statistics(part["statistics"]!.stringValue)
      let whole = try ActionCodec(.bridge, statistics: statistics, bounds: -1...1)
      let clipped = try ActionCodec(.bridge, statistics: statistics)
      for (action, normalized) in zip(part["action"]!.rows, part["normalized"]!.rows) {
        #expect(apart(Array(whole.label(action).prefix(6)), normalized.prefix(6).map { min(max($0, -1), 1) }) <= Self.tolerance)
        let scaled = normalized.prefix(6).map { 2 * (min(max($0, -0.65), 0.65) + 0.65) / 1.3 - 1 }
        #expect(apart(Array(clipped.label(action).prefix(6)), scaled) <= Self.tolerance)
      }
    }
    let calvin = try ActionCodec(.calvin, statistics: nil)
    for (action, scaled) in zip(golden["scale"]!["action"]!.rows, golden["scale"]!["scaled"]!.rows) {
      #expect(apart(Array(calvin.label(action).prefix(6)), Array(scaled.prefix(6))) <= Self.tolerance)
    }
    for part in golden["gripper_label"]!.arrayValue! {
      let codec =
        part["source"]!.stringValue == "calvin"
        ? calvin : try ActionCodec(.bridge, statistics: PolicyOracle.statistics("bridge"))
      let labels = part["gripper"]!.numbers.map { codec.label([0, 0, 0, 0, 0, 0, $0])[6] }
      #expect(labels == part["label"]!.numbers)
    }
  }

  @Test func goldenNumbersOfTheSpecification() throws {
    let bridge = try ActionCodec(.bridge, statistics: PolicyOracle.statistics("bridge"))
    func rounded(_ codec: ActionCodec, _ a: Double) -> [Double] {
      codec.action(arm: Array(repeating: a, count: 6), opens: false).prefix(6).map { ($0 * 1e6).rounded() / 1e6 }
    }
    #expect(rounded(bridge, 0) == [-0.000209, -0.000424, 0.007034, 0.0005, -0.007479, -0.001679])
    #expect(rounded(bridge, 1) == [0.018328, 0.026408, 0.028567, 0.053423, 0.048036, 0.131899])
    #expect(rounded(bridge, -1) == [-0.018746, -0.027256, -0.014499, -0.052424, -0.062994, -0.135256])
    #expect(abs(bridge.label([0.01, 0, 0, 0, 0, 0, 1])[0] - 0.550724) < 5e-7)
    let libero = try ActionCodec(.libero, statistics: PolicyOracle.statistics("libero_10"))
    #expect(rounded(libero, 0) == [0.068304, 0.036161, 0.087054, 0.020893, 0.005721, 0.025179])
  }

  @Test func whatIsSentEqualsTheirs() throws {
    let golden = try PolicyOracle.json("codec.json")
    let (arms, logits) = (golden["inputs"]!["arm"]!.rows, golden["inputs"]!["logits"]!.numbers)
    for part in golden["sent"]!.arrayValue! {
      let robot = part["robot"]!.stringValue!
      let codec = try ActionCodec(
        try #require(ActionConvention(rawValue: robot)), statistics: PolicyOracle.statistics(part["statistics"]?.stringValue))
      var sender = ActionSender(codec)
      for (step, expected) in part["actions"]!.rows.enumerated() {
        let action = codec.action(arm: arms[step], opens: FCDecoder.opens(Float(logits[step])))
        let sent = sender.send(action)
        #expect(apart(sent, expected) <= Self.tolerance, "\(robot) \(part["statistics"]?.stringValue ?? ""), step \(step)")
      }
    }
    for (euler, axis) in zip(golden["axis_angle"]!["euler"]!.rows, golden["axis_angle"]!["axis_angle"]!.rows) {
      let ours = ActionSender.axisAngle(roll: euler[0], pitch: euler[1], yaw: euler[2])
      #expect(apart(ours, axis) <= 1e-12, "\(euler)")
    }
  }

  @Test func chunksEqualTheirs() throws {
    let golden = try PolicyOracle.json("codec.json")
    let calvin = golden["calvin_chunks"]!
    let codec = try ActionCodec(.calvin, statistics: nil)
    let labels = calvin["actions"]!.rows.map(codec.label)
    for window in calvin["windows"]!.arrayValue! {
      let chunk = ActionChunk(
        at: window["start"]!.intValue!, of: labels, length: calvin["length"]!.intValue!, end: calvin["end"]!.intValue!)
      #expect(chunk.mask == window["mask"]!.arrayValue!.map { $0.boolValue! })
      for (step, counts) in chunk.mask.enumerated() where counts {
        #expect(apart(chunk.labels[step], window["labels"]!.rows[step]) <= Self.tolerance)
      }
    }
    let oxe = golden["oxe_chunks"]!
    let bridge = try ActionCodec(.bridge, statistics: PolicyOracle.statistics("bridge"))
    let all = oxe["actions"]!.rows.map(bridge.label)
    for window in oxe["windows"]!.arrayValue! {
      let (start, goal) = (window["start"]!.intValue!, window["goal"]!.intValue!)
      let chunk = ActionChunk(at: start, of: all, length: oxe["length"]!.intValue!)
        .relabelled(goal: goal - start, still: Array(repeating: 0, count: 6))
      #expect(chunk.mask == window["mask"]!.arrayValue!.map { $0.boolValue! }, "from \(start) to \(goal)")
      for (step, counts) in chunk.mask.enumerated() where counts {
        #expect(apart(chunk.labels[step], window["labels"]!.rows[step]) <= Self.tolerance)
      }
    }
  }

  /// Quantiles as NumPy has them by default; values by hand of `numpy.quantile`.
  @Test func statisticsOfRecordings() throws {
    let statistics = ActionStatistics(of: [0, 5, 1, 5, 2, 5, 3, 5], width: 2)
    #expect(apart(statistics.q01, [0.03, 5]) <= 1e-15 && apart(statistics.q99, [2.97, 5]) <= 1e-15)
    let codec = try ActionCodec(.recorded, statistics: statistics, bounds: -1...1, armDimensions: 2, hasGripper: false)
    #expect(codec.label([1.5, 5]) == [codec.label([1.5, 5])[0], 0], "a number that never changes is 0")
    #expect(abs(codec.action(arm: [0, 0], opens: false)[0] - 1.5) < 1e-12)
  }

  @Test func refusals() throws {
    func code(_ body: () throws -> Void) -> VLMError.Code? {
      do { try body() } catch { return (error as? VLMError)?.code }
      return nil
    }
    #expect(code { _ = try ActionCodec(.bridge, statistics: nil) } == .actionStatistics)
    #expect(code { _ = try ActionCodec(.calvin, statistics: nil, armDimensions: 3) } == .actionShape)
    #expect(code { _ = try ActionCodec(.calvin, statistics: nil, bounds: -2...1) } == .actionShape)
    let json = try JSONValue(parsing: Data(#"{"a":{"action":{}},"b":{"action":{}}}"#.utf8), file: "s.json", code: .actionStatistics)
    #expect(code { _ = try ActionStatistics(json, file: "s.json") } == .actionStatistics)
    #expect(code { _ = try ActionStatistics(json, file: "s.json", dataset: "c") } == .actionStatistics)
    #expect(code { _ = try ActionStatistics(json, file: "s.json", dataset: "a") } == .actionStatistics)
  }
}
