internal import ActionTokens
internal import Foundation
package import Jarvis

/// What `vlmtool jarvis run` says on a terminal.
package enum AgentTerminalReport {
  /// A frame and what is done in it, as soon as that is known.
  ///
  /// - Parameter nameWidth: columns for the names of frames.
  package static func line(_ log: AgentLog, nameWidth: Int, on terminal: Terminal) -> String {
    guard let frame = log.frames.last else { return "" }
    let answer = log.answers[frame.action.answer]
    let isNew = answer.frame == frame.name
    let action = frame.action.action
    var words = action.keys.list.map(\.name)
    if action.pitch != 0 { words.append("pitch \(Figure.decimal(action.pitch))") }
    if action.yaw != 0 { words.append("yaw \(Figure.decimal(action.yaw))") }
    var text = words.isEmpty ? "nothing" : words.joined(separator: " ")
    if isNew, !answer.holdsAction { text = TextStyle.caution("no action in the answer", terminal) }
    let time = isNew ? TextStyle.faint(Figure.duration(frame.seconds), terminal) : ""
    let name = frame.name.printable.padding(toLength: max(nameWidth, frame.name.count), withPad: " ", startingAt: 0)
    return "\(name)  \(time.isEmpty ? "" : time + "  ")\(text)\n"
  }

  /// What the model was shown and how its answers were drawn.
  private static func setting(_ settings: Agent.Settings) -> String {
    let shown = settings.history == 0 ? "no earlier frames" : "\(Figure.count(settings.history, "earlier frame")) with the answers"
    var drawn = "the likeliest tokens"
    if settings.temperature > 0 {
      drawn = "tokens drawn at temperature \(Figure.decimal(settings.temperature)), seed \(settings.seed)"
      if let topK = settings.topK { drawn += ", of the \(Figure.count(topK)) likeliest" }
      if settings.topP < 1 { drawn += ", up to probability \(Figure.decimal(settings.topP))" }
    }
    return "Shown: \(shown), frames scaled to multiples of 28 pixels\(settings.compressesFrames ? ", through JPEG" : ""). Answers: \(drawn)."
  }

  /// After the last frame: what it came to, by which settings, and where the time went.
  package static func summary(_ log: AgentLog, _ settings: Agent.Settings, on terminal: Terminal) -> String {
    guard !log.answers.isEmpty else { return "" }
    func median(_ value: (AgentLog.Parts) -> Double) -> String {
      Figure.duration(Figure.median(log.answers.map { value($0.seconds) }))
    }
    var text = "\(Figure.count(log.frames.count, "frame")), \(Figure.count(log.answers.count, "answer")). "
    text += "An answer took \(median { $0.pictures + $0.prompt + $0.writing }) in the middle: pictures \(median(\.pictures)), "
    text += "prompt \(median(\.prompt)), writing \(median(\.writing))."
    var lines = Paragraph.lines(setting(settings), on: terminal) + Paragraph.lines(text, on: terminal)
    if log.withoutAction > 0 {
      lines += Paragraph.lines(
        "\(Figure.count(log.withoutAction)) of \(Figure.count(log.answers.count, "answer")) \(log.withoutAction == 1 ? "holds" : "hold") "
          + "no action: the agent stands still there. `vlmtool jarvis audit` looks for reasons.",
        style: .caution, on: terminal)
    }
    let cut = log.answers.count { !$0.ended }
    if cut > 0 {
      lines += Paragraph.lines(
        "\(Figure.count(cut, "answer")) did not end by \(cut == 1 ? "itself" : "themselves"), but at --max-tokens.", style: .caution,
        on: terminal)
    }
    let others = log.remarks.filter { $0.key != "noAction" }.sorted { $0.key < $1.key }
    if !others.isEmpty {
      lines += Paragraph.lines(
        "Odd in the answers: \(others.map { "\($0.key) \(Figure.count($0.value))" }.joined(separator: ", ")); --json has each.",
        on: terminal)
    }
    return "\n" + ActionTerminalReport.drawn(ActionStrip(log), on: terminal) + "\n" + lines
  }
}

extension ActionStrip {
  package init(_ log: AgentLog) {
    steps = log.frames.map {
      Step(
        action: $0.action.action, answer: $0.action.answer, isTaken: true, isSaid: log.answers[$0.action.answer].holdsAction)
    }
  }
}
