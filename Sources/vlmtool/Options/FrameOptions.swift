public import ArgumentParser
public import Datasets

extension ImageOrientation: ExpressibleByArgument {}

/// Which frames of the demonstrations are used, and how their rows are read.
struct FrameOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Camera whose frames are used, or several side by side, A+B (default: the only one, or the workspace's by its name).",
      valueName: "name"))
  var camera: String?

  /// What `--camera` was called; elsewhere the word means a picture.
  @Option(name: .customLong("image"), help: .hidden)
  var formerCamera: String?

  @Option(
    name: .long,
    help: "How frames are stored (default: as the recording says, else as-stored).")
  var orientation: ImageOrientation?

  @Flag(
    name: .long,
    help: "Exchange red and blue of all frames, for recordings whose recorder gave OpenCV the wrong order.")
  var swapRedBlue = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Rows by which states run ahead of images, 0 or 1 (default: found out).", valueName: "rows"))
  var lag: Int?

  @Option(
    name: .long, help: "Only demonstrations of this part of the recording, such as robomimic's /mask/NAME.")
  var mask: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Leave a demonstration out (repeatable): demo_3, or FILE:demo_3 of one of several files.",
      valueName: "demo"))
  var exclude: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Take these demonstrations only (repeatable): demo_3, FILE:demo_3, or by their place, 7 or 0:50.",
      valueName: "demos"))
  var episodes: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Take these tasks only (repeatable): an instruction, or words of one.", valueName: "task"))
  var task: [String] = []

  @Option(name: .long, help: "What the robot is told in all of them, whatever the recording says.")
  var instruction: String?

  @Option(
    name: .long,
    help: ArgumentHelp("The field with the actions, where a recording has several.", valueName: "field"))
  var actionField: String?

  @Option(
    name: .long,
    help: ArgumentHelp("The field with the instruction, where a recording has several.", valueName: "field"))
  var instructionField: String?

  @Flag(
    name: .long, help: "Leave demonstrations out that cannot be read, and say so; what is used is read twice."
  )
  var skipDamaged = false

  @Option(name: .long, help: "Take every n-th row.")
  var stride = 1

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Frames in all, spread evenly over the episodes; 4 of each at least, of fewer episodes then.",
      valueName: "n"))
  var frames = 800

  @Option(name: .long, help: ArgumentHelp("Episodes of each task at most.", valueName: "n"))
  var episodesPerTask: Int?

  func validate() throws {
    if let formerCamera {
      throw ValidationError("--image is a picture elsewhere; did you mean --camera \(formerCamera)?")
    }
    if let lag, !(0...1).contains(lag) { throw ValidationError("--lag must be 0 or 1") }
    if stride < 1 || frames < 1 || (episodesPerTask ?? 1) < 1 {
      throw ValidationError("--stride, --frames and --episodes-per-task must be positive")
    }
  }

  var options: DemonstrationOptions {
    var options = DemonstrationOptions(
      camera: camera, orientation: orientation, rowLag: lag, mask: mask, excluded: exclude, stride: stride,
      frameBudget: frames, episodesPerTask: episodesPerTask)
    (options.included, options.tasks, options.instruction) = (episodes, task, instruction)
    (options.actionField, options.instructionField) = (actionField, instructionField)
    options.skipsDamaged = skipDamaged
    options.exchangesRedAndBlue = swapRedBlue
    return options
  }
}
