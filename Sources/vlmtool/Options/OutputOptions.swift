import ArgumentParser
import Mapping

/// Where a command writes a checkpoint, and how.
struct OutputOptions: ParsableArguments {
  @Option(
    name: [.short, .long], help: "Output directory; it appears whole or not at all.", completion: .directory)
  var output: String

  @Flag(name: .long, help: "Replace a checkpoint that this tool wrote there; any other file makes it refuse.")
  var overwrite = false

  @Flag(name: .long, help: "Print what would be written, and write nothing.")
  var dryRun = false

  @Option(name: .long, help: ArgumentHelp("Largest shard, in GB.", valueName: "gb"))
  var maxShardSize: Double = 5

  func validate() throws {
    if output.isEmpty { throw ValidationError("--output is empty: name a directory") }
    if !(maxShardSize >= 0.001 && maxShardSize < 1e6) {
      throw ValidationError("--max-shard-size must be 0.001 or more")
    }
  }

  var conversion: Conversion.Options {
    var options = Conversion.Options(output: output)
    options.replacing = overwrite
    options.dryRun = dryRun
    options.maximumShardByteCount = Int(maxShardSize * 1e9)
    return options
  }
}
