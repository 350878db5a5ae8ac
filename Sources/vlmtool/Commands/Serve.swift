import ArgumentParser
import Foundation
import Mapping
import Reports
import Runtime
import Serving
import Tensors

struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answer clients of OpenAI's chat completions with a model of this machine.",
    discussion: """
      For programs on the same machine, such as JARVIS-VLA's agent: their base URL is http://127.0.0.1:8000/v1, any API key will do, \
      for there is no password. Requests are answered one at a time. Ends on Ctrl-C or SIGTERM after what it has been asked.

      - GET /healthz, GET /health: OK, also while the model works.
      - GET /v1/models: the one model, its name and the tokens that it takes (max_model_len).
      - POST /v1/chat/completions: messages of system, user and assistant, a text each or parts "text" and "image_url" (a data URL \
      of a JPEG or PNG: nothing is fetched; "detail" is not looked at). temperature, top_p, top_k, seed, max_tokens or \
      max_completion_tokens, stop, stream with stream_options.include_usage, skip_special_tokens. Fields that would change the answer and \
      are not to be had (tools, logprobs, n above 1, penalties, response_format but text) are refused, and not passed over. Errors are \
      {"error": {"code", "message", "param", "type"}}.

      What a request does not say is taken from the checkpoint's generation_config.json (temperature, top_p, top_k, max_new_tokens), as \
      vLLM does; what that does not say is temperature 1 among all tokens, up to the end of the model's context (4096 tokens where it names none). A request without a \
      seed is drawn anew each time.

      EXAMPLES
        vlmtool serve Qwen2.5-VL-3B-Instruct
        vlmtool serve qwen2-vl-7b-int8 --name JarvisVLA-Qwen2-VL-7B \\
          --port 8001 --max-tokens 1024
        vlmtool serve qwen2-vl-7b-int8 --generation-config ignore --seed 1
      """)

  /// What requests that do not say how to draw are answered by.
  enum GenerationConfig: String, ExpressibleByArgument, CaseIterable {
    /// `generation_config.json`.
    case auto
    case ignore
  }

  @OptionGroup var input: CheckpointOptions
  @OptionGroup var common: CommonOptions

  @OptionGroup(title: "Server") var listening: ListeningOptions

  @Option(name: .long, help: "What clients call the model (default: the name of its folder).")
  var name: String?

  @Option(name: .long, help: ArgumentHelp("Tokens to write at most, whatever a request says.", valueName: "n"))
  var maxTokens: Int?

  @Option(
    name: .long, help: "Whether the checkpoint's generation_config.json says how to draw where a request does not.")
  var generationConfig = GenerationConfig.auto

  @Option(name: .long, help: "Seed of requests that name none (default: another each time).")
  var seed: UInt64?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Megabytes for what was seen in pictures, so that one that comes again is not encoded again.", valueName: "mb"))
  var pictureCache = 256

  @Option(name: .long, help: "Run linear layers as stored, or as float32 or int8.")
  var precision: Precision = .stored

  func validate() throws {
    if let name, name.isEmpty || name.utf8.count > 200 || name.unicodeScalars.contains(where: { $0.value < 0x20 }) {
      throw ValidationError("--name must be 1 to 200 characters that can be printed")
    }
    if let maxTokens, maxTokens < 1 { throw ValidationError("--max-tokens must be at least 1") }
    if !(0...1_000_000).contains(pictureCache) { throw ValidationError("--picture-cache must be 0 to 1000000") }
  }

  func run() throws {
    let checkpoint = try input.open()
    if let silence = VisionLanguageModel.silence(of: checkpoint) { throw silence }
    var defaults = GenerationDefaults()
    if generationConfig == .auto { defaults = try GenerationDefaults(checkpoint.folder) }
    StandardStreams.say(defaults.notices)
    let model = try common.run { try VisionLanguageModel(checkpoint, precision: precision, progress: $0) }
    StandardStreams.say(model.tokenizerNotices)
    let notices = checkpoint.notices + defaults.notices + model.tokenizerNotices

    let answering = Answering(
      model: model, defaults: defaults, limit: maxTokens, seed: seed,
      seen: pictureCache > 0 ? SeenPictures(byteLimit: pictureCache << 20) : nil)
    let isQuiet = common.quiet
    let served = ServedChat(
      name: name ?? Self.name(of: checkpoint, at: input.checkpoint), longest: model.longest,
      log: { if !isQuiet { StandardStreams.remark("\($0)\n") } }, answer: { try answering.answer($0, write: $1) })
    var limits = ServerLimits()
    // A few pictures of a screen, uncompressed but for PNG's own way.
    limits.bodyBytes = 32 << 20
    StandardStreams.remark("\(served.name): where a request does not say, \(defaults.sentence)\n")
    try listening.serve(served.routes(), common, limits: limits, places: { "http://\($0)/v1" }) { server in
      if common.json {
        let place = Place(
          host: server.host, port: server.port, model: served.name, maxModelLength: served.longest,
          temperature: defaults.temperature, topP: defaults.topP, topK: defaults.topK,
          maxTokens: [maxTokens, defaults.limit].compactMap(\.self).min())
        try common.print(place, as: .serve, notices: notices) { _ in "" }
      }
    }
  }

  /// `org/name` of the hub, or the folder's.
  private static func name(of checkpoint: MappedCheckpoint, at path: String) -> String {
    if path.hasPrefix("hf://") { return String(path.dropFirst(5).prefix { $0 != "@" }) }
    return URL(filePath: checkpoint.directory).standardizedFileURL.lastPathComponent
  }

  /// Where it listens and what it serves, for `--json`: printed once it does.
  private struct Place: Encodable {
    let host: String
    let port: Int
    let model: String
    let maxModelLength: Int?
    let temperature: Double
    let topP: Double
    let topK: Int?
    let maxTokens: Int?
  }
}

/// A model that answers requests by its settings and theirs.
private struct Answering: Sendable {
  let model: VisionLanguageModel
  let defaults: GenerationDefaults
  let limit: Int?
  let seed: UInt64?
  let seen: SeenPictures?

  /// Of a text that nothing else ends.
  private static let mostTokens = 4096

  func answer(_ request: ChatRequest, write: (String) throws -> Bool) throws -> ChatCount {
    do {
      let summary = try model.generate(request.turns.map(Turn.init), options: options(request.settings)) { piece in
        if try !write(piece) { throw VisionLanguageModel.EndOfText() }
      }
      // The token that ends a text was written too.
      return ChatCount(
        prompt: summary.promptTokens, completion: summary.tokens.count + (summary.ended ? 1 : 0), ended: summary.ended)
    } catch let error as VLMError where error.isOfQuestion {
      throw Rejection(error, code: error.code == .promptLength ? "context_length_exceeded" : nil)
    }
  }

  private func options(_ settings: ChatSettings) -> VisionLanguageModel.Options {
    var options = VisionLanguageModel.Options()
    options.limit = [settings.limit, limit, defaults.limit].compactMap(\.self).min() ?? (model.longest == nil ? Self.mostTokens : Int.max)
    options.staysInContext = true
    options.keepsSpecialTokens = !settings.skipsSpecialTokens
    options.seen = seen
    let topK = settings.topK ?? defaults.topK ?? 0
    options.sampling = .init(
      temperature: settings.temperature ?? defaults.temperature, topK: topK == 0 ? nil : topK,
      topP: settings.topP ?? defaults.topP, seed: settings.seed ?? seed ?? UInt64.random(in: 0...UInt64.max))
    return options
  }
}

extension Turn {
  fileprivate init(_ turn: ChatTurn) {
    self.init(
      role: turn.role.rawValue,
      content: turn.content.map { part in
        switch part {
        case .text(let text): .text(text)
        case .image(let image): .image(image)
        }
      })
  }
}
