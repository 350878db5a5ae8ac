import ArgumentParser
import Checkpoints
import Reports
import VLMToolKit

struct Quantize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write a checkpoint with linear layers in int8 or int4, vision encoder included, and say what it cost.",
    discussion: """
      Weights are symmetric int8 per output channel (or per group of inputs with w8a16). w8a8 quantizes activations per \
      token while running; w8a16 leaves them alone. For transformers and vLLM (--format compressed-tensors) there are int4 groups too, \
      for llama.cpp (--format gguf) its Q8_0 and Q4_0, for mlx-vlm (--format mlx) its codes of 4 or 8 bits in groups. Patch and position embeddings, norms and the head stay as they are. \
      Patterns are globs over module names, or regular expressions after re:; one that matches nothing is an error.

      EXAMPLES
        vlmtool quantize Qwen2-VL-2B-Instruct -o qwen2-vl-2b-int8
        # also: cosine of every vision stage
        vlmtool quantize Qwen2-VL-2B-Instruct -o int8 --image frame.png
        # activations made alike first, as frames of your own show them
        vlmtool quantize Qwen2-VL-2B-Instruct -o int8 --smooth --calibrate demos.hdf5
        vlmtool quantize Qwen2-VL-2B-Instruct -o int8 --only vision,projector \\
          --keep 'vision.blocks.0.*'
        vlmtool quantize Qwen2-VL-2B-Instruct -o ct --format compressed-tensors \\
          --scheme w8a16 --group-size 128
        vlmtool quantize Qwen2-VL-2B-Instruct -o ct4 --format compressed-tensors --scheme w4a16
        vlmtool quantize Qwen2-VL-2B-Instruct -o gguf --format gguf --scheme q4_0
        vlmtool quantize Qwen2-VL-2B-Instruct -o mlx --format mlx --scheme affine4
        vlmtool quantize Qwen2-VL-2B-Instruct -o int8 --dry-run
      """)

  @OptionGroup var input: CheckpointOptions
  @OptionGroup var target: OutputOptions
  @OptionGroup var common: CommonOptions

  @Option(
    name: .long, help: ArgumentHelp("Output layout: " + QuantizedFormat.help))
  var format = QuantizedFormat.all[0]

  @Option(
    name: .long,
    help: ArgumentHelp("\(SchemeArgument.help) By default the first that the layout holds."))
  var scheme: SchemeArgument?

  @Option(
    name: .long,
    help: ArgumentHelp("One scale per this many inputs instead of per output channel.", valueName: "n"))
  var groupSize: Int?

  @Option(
    name: .long, help: ArgumentHelp("Quantize only these parts, separated by commas.", valueName: "parts"))
  var only: CommaSeparated<ModelComponent>?

  @Option(
    name: .long,
    help: ArgumentHelp("Keep modules that match as they are (repeatable).", valueName: "pattern"),
    completion: .custom { words, _, _ in CheckpointCompletion.modules(words) })
  var keep: [String] = []

  @Flag(
    name: .long,
    help: "Make activations alike in their channels first, so that int8 loses less of them; in floats the model stays the same.")
  var smooth = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Demonstrations, or a folder of pictures, on which the model shows its activations first: with --smooth or w8a8-static.", valueName: "data"),
    completion: .file())
  var calibrate: String?

  @Option(name: .long, help: ArgumentHelp("Frames of --calibrate, spread evenly (default: 32).", valueName: "n"))
  var calibrationFrames: Int?

  /// On which the cosine of every vision stage is measured.
  @OptionGroup(title: "Pictures (measure the cosine of every vision stage)") var pictures: PictureOptions

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Exit with 1 when a token's cosine at any stage of --image falls below this.", valueName: "cosine"))
  var minimumCosine: Double?

  private func quantization() throws(VLMError) -> QuantizationOptions {
    try QuantizationOptions(output: target.output, format: format, scheme: scheme?.name, groupSize: groupSize).smoothing(smooth)
  }

  private var calibration: Calibration? {
    calibrate.map { data in
      var calibration = Calibration(data)
      if let calibrationFrames { calibration.frames = calibrationFrames }
      return calibration
    }
  }

  func validate() throws {
    do throws(VLMError) {
      _ = try quantization()
    } catch {
      throw ValidationError("\(error.code == .schemeRefused ? "--scheme" : "--group-size"): \(error)")
    }
    let needsCalibration = try quantization().needsCalibration
    if calibrate != nil, !smooth, !needsCalibration { throw ValidationError("--calibrate goes with --smooth or --scheme w8a8-static") }
    if needsCalibration, calibrate == nil, !target.dryRun {
      throw ValidationError("--scheme w8a8-static needs --calibrate: demonstrations or pictures to see activations on")
    }
    if calibrationFrames != nil, calibrate == nil { throw ValidationError("--calibration-frames goes with --calibrate") }
    if let calibrationFrames, calibrationFrames < 1 { throw ValidationError("--calibration-frames must be 1 or more") }
    if smooth, target.dryRun { throw ValidationError("--smooth needs the weights: leave out --dry-run") }
    for pattern in keep {
      do throws(VLMError) {
        _ = try NamePick(pattern)
      } catch {
        throw ValidationError("--keep: \(error)")
      }
    }
    if let minimumCosine {
      if !(minimumCosine > -1 && minimumCosine <= 1) {
        throw ValidationError("--minimum-cosine must be above -1 and at most 1")
      }
      if pictures.isEmpty { throw ValidationError("--minimum-cosine needs an --image to measure on") }
    }
    if !pictures.isEmpty, target.dryRun {
      throw ValidationError("--image and --data need the weights: leave out --dry-run")
    }
    if !pictures.isEmpty, !format.output.isRuntime {
      let readable = QuantizedFormat.all.filter(\.output.isRuntime).map(\.name)
      throw ValidationError("--image and --data go with --format \(readable.joined(separator: " or "))")
    }
  }

  func run() throws {
    var options = try quantization()
    options.conversion = target.conversion
    options.only = only.map { Set($0.values) }
    options.keep = try keep.map { try NamePick($0) }
    // Weights quantized already are refused before their coverage is judged.
    let checkpoint = try input.open(requiringExactCoverage: false)
    var (images, chosen) = try pictures.read()
    if let quantized = checkpoint.quantized {
      chosen.append(
        Notice(
          .warning, "its weights are quantized already (\(quantized.method)): they are rounded a second time",
          file: checkpoint.path,
          remedy: "start from the float checkpoint where you can get it"))
    }
    StandardStreams.say(chosen)
    let report = try common.run {
      try checkpoint.quantize(options, comparingOn: images, calibratingOn: calibration, progress: $0)
    }
    try common.print(report, as: .quantize, notices: checkpoint.notices + chosen) {
      QuantizationTerminalReport(report).render(on: $0)
    }
    // A cosine that is no number is below everything.
    if let minimumCosine, let worst = report.stages?.first(where: { !($0.worstToken >= minimumCosine) }) {
      throw VLMError(
        VLMError.Code("command.quantize.cosine"),
        "the worst token's cosine with f32 is \(worst.worstToken), below \(minimumCosine)",
        file: target.output,
        tensor: worst.stage)
    }
  }
}
