package import Benchmarks
internal import Runtime

extension KernelBenchmark.Result {
  /// Kernel rates for a terminal, beside the machine's measured peaks.
  package func render(on terminal: Terminal) -> String {
    var table = TextTable([
      .text("product"), .number("rows x outputs x inputs"), .number("f32 GFLOP/s"), .number("of peak"),
      .number("int8 GOP/s"), .number("of peak"), .number("int8 / f32"),
    ])
    for entry in products {
      let extent = entry.extent
      table.append([
        TextTable.Cell(extent.name), TextTable.Cell("\(extent.rows) x \(extent.outputs) x \(extent.inputs)"),
        rate(entry.float32), TextTable.Cell(Figure.percent(entry.float32 / float32Peak)),
        rate(entry.int8), TextTable.Cell(Figure.percent(entry.int8 / int8Peak)),
        TextTable.Cell(Figure.decimal(entry.int8 / entry.float32, places: 2)),
      ])
    }
    var attentionTable = TextTable([
      .text("attention"), .number("heads x width"), .number("f32 GFLOP/s"), .number("of peak"),
    ])
    for entry in attention {
      attentionTable.append([
        TextTable.Cell(Figure.count(entry.tokens, "token")),
        TextTable.Cell("\(entry.heads) x \(entry.headWidth)"),
        rate(entry.float32), TextTable.Cell(Figure.percent(entry.float32 / float32Peak)),
      ])
    }
    let peaks =
      "\(instructionSet) kernels, \(Figure.count(threads, "thread")); measured peaks: "
      + "f32 \(Figure.decimal(float32Peak, places: 0)) GFLOP/s, int8 \(Figure.decimal(int8Peak, places: 0)) GOP/s"
    return Paragraph.lines(peaks, on: terminal) + "\n" + table.render(on: terminal) + "\n"
      + attentionTable.render(on: terminal)
  }

  private func rate(_ value: Double) -> TextTable.Cell { TextTable.Cell(Figure.decimal(value, places: 0)) }
}

extension EncoderBenchmark {
  /// Encoder timings for a terminal: median, spread and ratio to f32.
  package func render(on terminal: Terminal) -> String {
    var table = TextTable([
      .text("linear layers"), .number("median ms"), .number("fastest"), .number("slowest"),
      .number("times f32"),
      .number("worst cosine"),
    ])
    let base = Figure.median(float32.ms)
    for (name, timing) in [("float32", float32), ("int8", int8)] {
      let median = Figure.median(timing.ms)
      table.append([
        TextTable.Cell(name), TextTable.Cell(Figure.decimal(median, places: 1)),
        TextTable.Cell(Figure.decimal(timing.ms.min() ?? median, places: 1)),
        TextTable.Cell(Figure.decimal(timing.ms.max() ?? median, places: 1)),
        TextTable.Cell(Figure.decimal(base / median, places: 2)),
        TextTable.Cell(Figure.decimal(timing.cosineWorst, places: 5)),
      ])
    }
    return Paragraph.lines(
      "One \(side)x\(side) image, \(kernels) kernels, \(Figure.count(threads, "thread"))", on: terminal)
      + table.render(on: terminal)
  }
}

extension PrefillBenchmark {
  /// Prefill timings for a terminal: medians and rates.
  package func render(on terminal: Terminal) -> String {
    let tokens = imageTokens + promptTokens
    var table = TextTable([.text("part"), .number("median s"), .number("tokens/s")])
    func add(_ name: String, _ values: [Double], tokens: Int?) {
      guard !values.isEmpty else { return }
      let middle = Figure.median(values)
      table.append([
        TextTable.Cell(name), TextTable.Cell(Figure.decimal(middle, places: 3)),
        TextTable.Cell(tokens.map { Figure.decimal(Double($0) / middle, places: 1) } ?? ""),
      ])
    }
    add("load", [seconds.load], tokens: nil)
    add("vision side", seconds.vision, tokens: imageTokens)
    add("language prefill", seconds.language, tokens: tokens)
    add("each token after", seconds.decode, tokens: 1)
    return Paragraph.lines(
      "One image (\(imageTokens) tokens) and \(promptTokens) tokens of text, "
        + "\(precision.rawValue), \(kernels) kernels, \(Figure.count(threads, "thread"))", on: terminal)
      + table.render(on: terminal)
  }
}

extension ProbeBenchmark {
  /// The probe's timing for a terminal.
  package func render(on terminal: Terminal) -> String {
    let sorted = seconds.sorted()
    let figure = { (value: Double) in Figure.decimal(value, places: 2) + " s" }
    return Paragraph.lines(
      "Ridge probe, \(extent.frames) frames x \(extent.width) features, \(extent.targets) targets, "
        + "\(extent.lambdas) lambdas, \(extent.folds) outer folds and the other \(extent.folds - 1) inside: "
        + "median \(figure(sorted[sorted.count / 2])), fastest \(figure(sorted[0])), "
        + "slowest \(figure(sorted[sorted.count - 1])); "
        + "\(Figure.count(threads, "thread")), R2 \(Figure.decimal(rSquared, places: 4))",
      on: terminal)
  }
}

extension LadderBenchmark {
  /// The timing for a terminal.
  package func render(on terminal: Terminal) -> String {
    let figure = { (value: Double) in Figure.decimal(value, places: 1) + " s" }
    return Paragraph.lines(
      "Statistics of \(Figure.count(extent.stages, "stage")) of \(extent.width) channels and a random twin, "
        + "\(Figure.count(extent.targetColumns.count, "target")), readouts \(readouts.joined(separator: ", ")) "
        + "(\(featureSets) feature sets), \(extent.frames) frames of \(extent.episodes) episodes: "
        + "\(figure(seconds)), \(figure(cpuSeconds)) of all cores together, of which drawing the features took "
        + "\(figure(drawingSeconds)); \(Figure.count(threads, "thread"))",
      on: terminal)
      + Paragraph.lines(
        "Checked: the \(module) is named for every target, R2 \(Figure.decimal(rSquared.before)) before it and "
          + "\(Figure.decimal(rSquared.after)) after it",
        on: terminal)
  }
}
