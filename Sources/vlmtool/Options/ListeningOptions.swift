import ArgumentParser
import Dispatch
import Reports
import Serving

/// Where a server listens, how much may wait for it, and how it ends.
struct ListeningOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Where to listen. Any address but a loopback's lets other machines in.", valueName: "address"))
  var host = "127.0.0.1"

  @Option(name: .long, help: ArgumentHelp("Port to listen on; 0 takes one that is free.", valueName: "n"))
  var port = 8000

  @Option(name: .long, help: ArgumentHelp("Requests that may wait for the model.", valueName: "n"))
  var queue = ServerLimits().queue

  @Option(name: .long, help: ArgumentHelp("Seconds that requests under way have at the end.", valueName: "s"))
  var grace = 10.0

  func validate() throws {
    if !(0...65_535).contains(port) { throw ValidationError("--port must be 0 to 65535") }
    if !(1...10_000).contains(queue) { throw ValidationError("--queue must be 1 to 10000") }
    if !(grace >= 0 && grace <= 86_400) { throw ValidationError("--grace must be 0 to 86400") }
  }

  /// Serves `routes` until Ctrl-C or SIGTERM.
  ///
  /// - Parameters:
  ///   - places: what to say of an address: `http://127.0.0.1:8000`.
  ///   - begun: called once it listens.
  func serve(
    _ routes: [Route], _ common: CommonOptions, limits: ServerLimits = ServerLimits(), places: (String) -> String,
    begun: (Server) throws -> Void
  ) throws {
    var limits = limits
    limits.queue = queue
    let isVerbose = common.verbose
    let server = try Server.start(routes, host: host, port: port, limits: limits) { event in
      if isVerbose || event.isFailure { StandardStreams.remark("\(event)\n") }
    }
    let ended = DispatchSemaphore(value: 0)
    Interruption.end(by: { ended.signal() })
    if !server.isLoopback {
      StandardStreams.remark("warning: whoever reaches \(server.address) may use it: there is no password\n")
    }
    StandardStreams.remark("listening on \(places(server.address)); Ctrl-C ends it\n")
    try begun(server)
    ended.wait()
    let isAnswered = server.shutDown(within: .seconds(grace))
    StandardStreams.remark(isAnswered ? "ended\n" : "ended; what was asked last took too long\n")
  }
}
