package import ActionTokens

/// Keys and mouse over the steps of an agent as a drawing that stands alone.
package struct ActionPlot: Sendable {
  package let title: String
  package let strip: ActionStrip

  package init(title: String, _ strip: ActionStrip) {
    self.title = title
    self.strip = strip
  }

  /// Which drawings are this tool's, for whoever would replace one.
  package static let mark = signature.rendered()
  private static let signature = tag("metadata", [.text("Drawn by vlmtool jarvis decode.")])

  private static let left = 92.0
  private static let right = 16.0
  private static let top = 26.0
  private static let step = 14.0
  private static let row = 18.0
  /// A lane of the camera; half of it is 10 degrees.
  private static let lane = 36.0

  /// The whole file.
  package func document() -> String {
    let keys = strip.keys
    let rows = keys.map { key in row(key.name) { $0.action.keys.holds(key) ? "" : nil } }
      + (strip.hasHotbar ? [row("hotbar") { $0.hotbar.map(String.init) }] : [])
    let width = Self.left + Double(strip.steps.count) * Self.step + Self.right
    let lanes = Self.top + Double(rows.count) * Self.row + 4
    let height = lanes + 2 * Self.lane + 20
    return tag(
      "svg",
      [
        "xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 \(SVG.number(width)) \(SVG.number(height))",
        "width": SVG.number(width), "height": SVG.number(height), "role": "img", "aria-labelledby": "title desc",
      ],
      [
        Self.signature,
        tag("title", ["id": "title"], [.text(title)]), tag("desc", ["id": "desc"], [.text(summary)]),
        .stylesheet(Self.style),
        tag("rect", ["class": "paper", "width": SVG.number(width), "height": SVG.number(height)]),
        passive(height), ruler(height),
        .group(rows.enumerated().map { index, draw in draw(Self.top + Double(index) * Self.row) }),
        turns("yaw (right up)", lanes, upwards: true, \.yaw), turns("pitch", lanes + Self.lane, upwards: false, \.pitch),
      ]
    ).rendered()
  }

  private static let style = """
    .paper { fill: #ffffff; } text { font: 11px system-ui, "Liberation Sans", sans-serif; fill: #59636f; }
    .down { fill: #0072b2; } .slot { fill: #ffffff; } .turn { fill: #d55e00; }
    .rest { stroke: #b0b8c1; } .grid, .row { stroke: #e9ecf0; }
    .passive { fill: #0000000f; }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #14171b; } text { fill: #a3abb5; } .down { fill: #56b4e9; } .slot { fill: #14171b; }
      .turn { fill: #f0a13c; } .rest { stroke: #59636f; } .grid, .row { stroke: #262c34; }
      .passive { fill: #ffffff14; }
    }
    """

  /// What is drawn, for readers who do not see it.
  private var summary: String {
    let pressed = strip.keys.map { key in
      "\(key.name) in \(Figure.count(strip.steps.count { $0.action.keys.holds(key) }, "step"))"
    }
    let turned = "the view turns in \(Figure.count(strip.steps.count(where: \.turns)))"
    return "\(Figure.count(strip.steps.count, "step")): " + (pressed + [turned]).joined(separator: ", ") + "."
  }

  private func x(_ step: Int) -> Double { Self.left + Double(step) * Self.step }

  /// Steps that the agent does not carry out, or that no token said, are shaded.
  private func passive(_ height: Double) -> Markup {
    .group(
      strip.steps.enumerated().compactMap { index, step in
        guard !step.isTaken || !step.isSaid else { return nil }
        return tag(
          "rect",
          [
            "class": "passive", "x": SVG.number(x(index)), "y": SVG.number(Self.top), "width": SVG.number(Self.step),
            "height": SVG.number(height - Self.top - 20),
          ], [tag("title", [.text("step \(index): \(step.isSaid ? "not taken" : "no action was said")")])])
      })
  }

  private func ruler(_ height: Double) -> Markup {
    .group(
      stride(from: 0, to: strip.steps.count, by: 10).flatMap { step in
        [
          SVG.line(x(step), Self.top - 6, x(step), height - 20, "grid"),
          SVG.text("\(step)", x: x(step) + Self.step / 2, y: Self.top - 10),
        ]
      })
  }

  /// A row draws itself at a height; what is held over several steps is one bar.
  private func row(_ name: String, _ sign: @escaping (ActionStrip.Step) -> String?) -> (Double) -> Markup {
    { y in
      var bars: [Markup] = []
      var start = 0
      while start < strip.steps.count {
        guard let text = sign(strip.steps[start]) else {
          start += 1
          continue
        }
        var end = start + 1
        while end < strip.steps.count, sign(strip.steps[end]) == text { end += 1 }
        let steps = end - start == 1 ? "step \(start)" : "steps \(start) to \(end - 1)"
        bars.append(
          tag(
            "rect",
            [
              "class": "down", "x": SVG.number(x(start) + 0.5), "y": SVG.number(y + 3),
              "width": SVG.number(Double(end - start) * Self.step - 1), "height": SVG.number(Self.row - 6), "rx": "2",
            ], [tag("title", [.text("\(name)\(text.isEmpty ? "" : " " + text), \(steps)")])]))
        if !text.isEmpty { bars.append(SVG.text(text, x: x(start) + Self.step / 2, y: y + 13, style: "slot")) }
        start = end
      }
      return .group([
        SVG.text(name, x: Self.left - 8, y: y + 13, anchor: "end"),
        SVG.line(Self.left, y + Self.row, x(strip.steps.count), y + Self.row, "row"), .group(bars),
      ])
    }
  }

  /// A bar a step from the middle of a lane; its length follows the camera's bins, which are finer near rest.
  private func turns(_ name: String, _ y: Double, upwards: Bool, _ degrees: KeyPath<KeyboardMouseAction, Double>) -> Markup {
    let middle = y + Self.lane / 2
    let bars = strip.steps.enumerated().compactMap { index, step -> Markup? in
      let turn = step.action[keyPath: degrees]
      guard turn != 0 else { return nil }
      let bins = Double(CameraQuantizer.bin(degrees: turn) - CameraQuantizer.restingBin)
      let length = bins / Double(CameraQuantizer.restingBin) * (Self.lane / 2 - 2) * (upwards ? -1 : 1)
      return tag(
        "rect",
        [
          "class": "turn", "x": SVG.number(x(index) + 3), "y": SVG.number(min(middle, middle + length)),
          "width": SVG.number(Self.step - 6), "height": SVG.number(abs(length)),
        ], [tag("title", [.text("step \(index): \(Figure.decimal(turn)) degrees")])])
    }
    return .group([
      SVG.text(name, x: Self.left - 8, y: middle + 4, anchor: "end"),
      SVG.line(Self.left, middle, x(strip.steps.count), middle, "rest"), .group(bars),
    ])
  }
}
