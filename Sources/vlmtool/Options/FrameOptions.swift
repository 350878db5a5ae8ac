public import ArgumentParser
public import Datasets

extension ImageOrientation: ExpressibleByArgument {}

/// Which frames of the demonstrations are used, and how their rows are read.
struct FrameOptions: ParsableArguments {
  @Option(
    name: .long,
    help: "Data set below obs/ with the frames (default: agentview_rgb, or the first images there are).")
  var image: String?

  @Option(name: .long, help: "How frames are stored; LIBERO's own files are upside down.")
  var orientation: ImageOrientation = .asStored

  @Option(
    name: .long,
    help: ArgumentHelp("Rows by which states run ahead of images (default: found out).", valueName: "rows"))
  var lag: Int?

  @Option(name: .long, help: "Only demonstrations listed under /mask/NAME.")
  var mask: String?

  @Option(name: .long, help: "Take every n-th row.")
  var stride = 1

  @Option(
    name: .long,
    help: ArgumentHelp("Frames in all, spread evenly over the episodes; 4 of each at least.", valueName: "n"))
  var frames = 800

  @Option(name: .long, help: ArgumentHelp("Episodes of each task at most.", valueName: "n"))
  var episodesPerTask: Int?

  func validate() throws {
    if stride < 1 || frames < 1 || (episodesPerTask ?? 1) < 1 {
      throw ValidationError("--stride, --frames and --episodes-per-task must be positive")
    }
  }

  var options: DemonstrationOptions {
    DemonstrationOptions(
      imageKey: image, orientation: orientation, rowLag: lag, mask: mask, stride: stride, frameBudget: frames,
      episodesPerTask: episodesPerTask)
  }
}
