package import ActionTokens
internal import Foundation

/// What `vlmtool jarvis decode` and `encode` say on a terminal.
package enum ActionTerminalReport {
  private static let mostInTable = 16
  private static let mostRemarks = 16

  package static func decoded(_ log: AnswerLog, on terminal: Terminal) -> String {
    let strip = ActionStrip(log)
    return [
      head(log, strip, on: terminal), drawn(strip, on: terminal),
      strip.steps.count <= mostInTable ? table(log, on: terminal) : "", list(remarks(of: log), on: terminal),
    ].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  package static func encoded(_ actions: EncodedActions, on terminal: Terminal) -> String {
    let texts = actions.actions.map { entry in
      TextStyle.faint("buttons \(entry.buttons), camera \(entry.camera)", terminal) + "\n"
        + entry.ids.map(String.init).joined(separator: " ") + "\n" + entry.text + "\n"
    }
    return (texts + [list(remarks(of: actions), on: terminal)]).filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// What is said beside lines of JSON or of tokens: a warning each.
  package static func warnings(_ log: AnswerLog, on terminal: Terminal) -> String {
    list(remarks(of: log), word: "warning: ", on: terminal)
  }

  package static func warnings(_ actions: EncodedActions, on terminal: Terminal) -> String {
    list(remarks(of: actions), word: "warning: ", on: terminal)
  }

  private static func head(_ log: AnswerLog, _ strip: ActionStrip, on terminal: Terminal) -> String {
    let taken = strip.steps.count(where: \.isTaken)
    var text = "\(Figure.count(log.answers.count, "answer")), \(Figure.count(strip.steps.count(where: \.isSaid), "action"))"
    if taken < strip.steps.count {
      text += ", of which the \(log.take) " + (log.chunk.map { $0 == 1 ? "of each answer is taken" : "\($0) of each answer are taken" } ?? "")
    }
    text += log.withoutAction == 0 ? "." : "; "
    let none = log.withoutAction
    guard none > 0 else { return Paragraph.lines(text, on: terminal) }
    return Paragraph.lines(
      text + (log.answers.count == 1 ? "it holds" : "\(Figure.count(none)) \(none == 1 ? "holds" : "hold")")
        + " no action: the agent stands still there.", on: terminal)
  }

  // MARK: strip

  /// A column a step, in blocks as wide as the terminal.
  static func drawn(_ strip: ActionStrip, on terminal: Terminal) -> String {
    let rows = rows(of: strip, on: terminal)
    let lead = (rows.map(\.name.count).max() ?? 0) + 2
    let width = max(10, min(terminal.width ?? 80, 100) - lead)
    return stride(from: 0, to: strip.steps.count, by: width).map { start in
      let end = min(start + width, strip.steps.count)
      let ruler = TextStyle.faint(String(repeating: " ", count: lead) + ruler(start..<end, width: width), terminal) + "\n"
      return ruler
        + rows.map { row in
          row.name.padding(toLength: lead, withPad: " ", startingAt: 0) + String(row.signs[start..<end]) + "\n"
        }.joined()
    }.joined(separator: "\n")
  }

  /// Numbers of steps, every tenth from 0, as far as they fit.
  private static func ruler(_ steps: Range<Int>, width: Int) -> String {
    var text = ""
    var step = (steps.lowerBound + 9) / 10 * 10
    while step < steps.upperBound {
      let column = step - steps.lowerBound
      if column >= text.count, column + String(step).count <= width {
        text += String(repeating: " ", count: column - text.count) + String(step)
      }
      step += 10
    }
    return text
  }

  private static func rows(of strip: ActionStrip, on terminal: Terminal) -> [(name: String, signs: [Character])] {
    let (down, up): (Character, Character) = terminal.unicode ? ("█", "·") : ("#", ".")
    func row(_ name: String, _ sign: (ActionStrip.Step) -> Character?) -> (name: String, signs: [Character]) {
      (name, strip.steps.map { sign($0) ?? up })
    }
    var rows = strip.keys.map { key in row(key.name) { $0.action.keys.holds(key) ? down : nil } }
    if strip.hasHotbar { rows.append(row("hotbar") { $0.hotbar.map { Character("\($0)") } }) }
    if strip.turns {
      rows.append(row("view turns") { $0.turns ? arrow($0.action, on: terminal) : nil })
      rows.append(row("by degrees") { $0.turns ? $0.degrees < 9.5 ? Character("\(Int($0.degrees.rounded()))") : "+" : nil })
    }
    if strip.steps.contains(where: { !$0.isSaid }) { rows.append(row("no action") { $0.isSaid ? nil : "!" }) }
    if strip.steps.contains(where: { !$0.isTaken }) { rows.append(row("not taken") { $0.isTaken ? nil : "x" }) }
    return rows.isEmpty ? [row("nothing") { _ in nil }] : rows
  }

  /// The nearest of eight directions in which the view turns.
  private static func arrow(_ action: KeyboardMouseAction, on terminal: Terminal) -> Character {
    let signs = Array(terminal.unicode ? "→↘↓↙←↖↑↗" : #">\v/<\^/"#)
    let turn = atan2(action.pitch, action.yaw) / (2 * .pi) * 8
    return signs[(Int(turn.rounded()) + 8) % 8]
  }

  private static func table(_ log: AnswerLog, on terminal: Terminal) -> String {
    var table = TextTable([
      .number("step"), .number("buttons"), .number("camera"), .number("pitch"), .number("yaw"), .text("keys"),
    ])
    for (step, entry) in log.answers.flatMap(\.actions).enumerated() {
      let action = entry.decoded.action
      table.append([
        .init("\(step)"), .init("\(entry.decoded.index.buttons)"), .init("\(entry.decoded.index.camera)"),
        .init(Figure.decimal(action.pitch)), .init(Figure.decimal(action.yaw)),
        .init(action.keys.list.map(\.name).joined(separator: " ")),
      ])
    }
    return table.render(on: terminal)
  }

  // MARK: remarks

  private typealias Placed = (place: String, remark: ActionRemark)

  private static func remarks(of log: AnswerLog) -> [Placed] {
    log.answers.enumerated().flatMap { answer, entry in
      entry.remarks.map { remark in
        let within = remark.position.map { ", \(entry.unit.rawValue) \($0)" } ?? ""
        return ("answer \(answer + 1)\(within)", remark)
      }
    }
  }

  private static func remarks(of actions: EncodedActions) -> [Placed] {
    actions.actions.enumerated().flatMap { index, entry in entry.remarks.map { ("action \(index + 1)", $0) } }
  }

  private static func list(_ remarks: [Placed], word: String = "", on terminal: Terminal) -> String {
    let more = remarks.count - mostRemarks
    return remarks.prefix(mostRemarks).map {
      Paragraph.lines($0.remark.message, lead: "\(word)\($0.place): ", style: .caution, on: terminal)
    }.joined() + (more > 0 ? Paragraph.lines("\(word)and \(Figure.count(more)) more; --json has all", on: terminal) : "")
  }
}
