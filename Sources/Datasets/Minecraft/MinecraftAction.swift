internal import ActionTokens

/// What the answer of a row says, as numbers: keys and buttons that are down, and degrees by which the view turns.
///
/// Stricter than JARVIS-VLA's agent: a label that is to be learnt has one action, and nothing in it that is skipped.
struct MinecraftAction {
  /// Of the view: pitch positive downwards, in degrees.
  static let columns = Key.names + ["pitch", "yaw"]

  private static let decoder = ActionDecoder()

  /// In the order of `columns`.
  let values: [Double]

  /// The one action in an answer.
  ///
  /// - Throws: what is wrong with it, in words.
  init(_ answer: String) throws(Defect) {
    let decoded = Self.decoder.decode(ActionVocabulary.qwen2VL.elements(of: answer))
    guard decoded.holdsAction else { throw Defect("the answer has no action in it") }
    guard decoded.actions.count == 1, !decoded.remarks.contains(where: { $0.kind == .unterminated }) else {
      throw Defect("the answer has several actions in it")
    }
    let faults: [ActionRemark.Kind] = [.beginInside, .unknownToken, .unknownText, .saidTwice]
    if let fault = decoded.remarks.first(where: { faults.contains($0.kind) }) { throw Defect(fault.message) }
    let action = decoded.actions[0].grouped
    values =
      Key.allCases.map { action.keys.holds($0) ? 1 : 0 }
      + [action[.pitch], action[.yaw]].map(CameraQuantizer.degrees)
  }

  struct Defect: Error {
    let message: String
    init(_ message: String) { self.message = message }
  }
}
