import ArgumentParser
import Hub
import Reports
import VLMToolKit

struct Inspect: ParsableCommand, AsksHubItself {
  static let configuration = CommandConfiguration(
    abstract: "Say what is in a checkpoint: family, components, dtypes, what is missing.",
    discussion: """
      Reads headers only, so a 16 GB checkpoint answers at once, and so does one of the hub that is not downloaded. Exits with 1 when tensors are missing, unclaimed or of the \
      wrong shape, after listing them.

      Looks at anything that has tensors: where the family is not known, and in any .safetensors, .pt, .h5, .hdf5 or .gguf file, \
      the tensors are listed by name, with shapes, dtypes, sizes and metadata; that is no failure. PATTERN is a glob over \
      names in the file or in the runtime, or a regular expression after re:.

      EXAMPLES
        vlmtool inspect Qwen2-VL-2B-Instruct
        vlmtool inspect hf://Qwen/Qwen2.5-VL-3B-Instruct --json
        vlmtool inspect model.safetensors                    # no config.json needed
        vlmtool inspect Qwen2-VL-2B-Instruct --tensors '*.q_proj.bias'
        vlmtool inspect fine-tuned/ --statistics   # NaN, constant, equal tensors
        vlmtool inspect my-model --family-file my_family.mine.json5
      """)

  @OptionGroup var input: CheckpointOptions
  @OptionGroup var common: CommonOptions

  @Option(
    defaultAsFlag: "*",
    help: ArgumentHelp("List every tensor, or those that match a pattern.", valueName: "pattern"))
  var tensors: String?

  @Flag(
    name: .long,
    help: "Read all data once: extremes, mean, deviation, zeros, NaN; constant and equal tensors.")
  var statistics = false

  func validate() throws {
    do throws(VLMError) {
      _ = try tensors.map { text throws(VLMError) in try NamePick(text) }
    } catch {
      throw ValidationError("--tensors: \(error)")
    }
  }

  func run() throws {
    var options = Inspection.Options()
    options.reading = try input.reading.options
    options.statistics = statistics
    options.selecting = try tensors.map { try NamePick($0) }
    let headers = try HubName.headers(of: input.checkpoint, besideData: statistics)
    options.reading.folder = headers?.folder
    let inspection = try common.run { try Inspection(of: input.checkpoint, options, progress: $0) }
    withExtendedLifetime(headers) {}
    StandardStreams.say(inspection.notices)
    let schema = inspection.summary == nil ? JSONSchema.inspectListing : .inspect
    try common.print(inspection, as: schema, notices: inspection.notices) { terminal in
      [
        inspection.summary.map { CheckpointTerminalReport($0).render(on: terminal) },
        inspection.listing.map { ListingTerminalReport($0).render(on: terminal) },
      ].compactMap { $0 }.joined(separator: "\n")
    }
    if var defect = inspection.summary?.coverageError {
      defect.remedy = nil  // which is this command
      throw defect
    }
  }
}
