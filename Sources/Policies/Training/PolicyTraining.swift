package import Datasets
package import Features
internal import Foundation
package import Mapping
package import Runtime
package import Tensors

/// From a VLM and demonstrations to a policy: the VLM stays as it is, a query of zeros and a head are put on it.
///
/// The query is behind every frame's prompt once, and what it comes to is kept; then the head alone is trained, minutes on a CPU.
package enum PolicyTraining {
  package struct Options: Sendable {
    package let checkpoint: MappedCheckpoint
    package let data: String
    package var dataOptions = DemonstrationOptions()
    package var chunk = 4
    package var actions = ActionOptions()
    package var query = QuerySettings()
    package var settings = TrainingSettings()
    package var precision = Precision.stored
    package var cache = FeatureCache.Place.none
    /// Whether the query is trained with the head, by the gradient through the language model.
    package var trainsQuery = false

    package init(checkpoint: MappedCheckpoint, data: String) {
      self.checkpoint = checkpoint
      self.data = data
    }
  }

  /// A VLM's demonstrations as a policy sees them.
  package struct Prepared: Sendable {
    package let data: PolicyDemonstrations
    package let features: QueryFeatures
    package let checkpointSHA256: String
    /// Whether the prompt is the authors'.
    package let promptIsAuthors: Bool
    package var notes: [String]
  }

  /// Reads the demonstrations and runs the VLM over their frames.
  ///
  /// - Parameter query: what stands behind the prompt; by default zeros, as the authors begin.
  package static func prepare(
    _ options: Options, query: [Float]? = nil, progress: ProgressHandler? = nil
  ) throws -> Prepared {
    guard let language = options.checkpoint.configuration.language else {
      throw VLMError(.noLanguageModel, "the model has no decoder to put a query into", file: options.checkpoint.path)
    }
    let demonstrations = try Demonstrations.open(options.data, options: options.dataOptions)
    let data = try PolicyDemonstrations(demonstrations, chunk: options.chunk)
    let hash = try CheckpointHash.sha256(of: options.checkpoint, language: true)
    let features = try QueryFeatures(
      of: demonstrations, query: query ?? [Float](repeating: 0, count: language.width), settings: options.query,
      precision: options.precision, checkpointSHA256: hash, label: "\(options.checkpoint.path), \(options.data), the query",
      cache: FeatureCache(options.cache), progress: progress
    ) {
      try QueryModel(
        VisionLanguageModel(options.checkpoint, precision: options.precision, progress: progress), settings: options.query)
    }
    let isAuthors = options.checkpoint.configuration.prompt?.policy != nil
    var notes = [features.note].compactMap(\.self)
    if !isAuthors {
      notes.append("VLM4VLA has no prompt for \(options.checkpoint.configuration.family): the family's own template stands around its words.")
    }
    return Prepared(data: data, features: features, checkpointSHA256: hash, promptIsAuthors: isAuthors, notes: notes)
  }

  /// What a training came to.
  package struct Summary: Sendable, Codable {
    package let checkpoint: String
    package let data: String
    package let output: String
    package let episodes: Int
    package let frames: Int
    package let tasks: [String]
    package let camera: String
    package let chunk: Int
    package let columns: [String]
    package let actions: String
    package let parameters: Int
    /// Every so many steps, and the last.
    package let losses: [PolicyTrainer.Record]
    package let notes: [String]
  }

  /// Trains a head and writes the policy to `output`; a run that was stopped goes on from where it stood.
  package static func run(_ options: Options, output: String, progress: ProgressHandler? = nil) throws -> Summary {
    var prepared = try prepare(options, progress: progress)
    let (data, features) = (prepared.data, prepared.features)
    let all = Array(0..<data.frameCount)
    let codec = try options.actions.codec(width: data.width, own: data.statistics(of: all))
    let layout = FCDecoder.Layout(hidden: features.width, chunk: data.chunk, armDimensions: codec.armDimensions)
    let samples = PolicyTrainer.Samples(states: features.states, width: features.width, chunks: data.chunks(codec))
    let through = options.trainsQuery ? try queryTraining(options, data, progress) : nil
    let zeros = [Float](repeating: 0, count: features.width)
    let identity = try identity(options, prepared, codec)
    var trainer = PolicyTrainer(
      FCDecoder(layout, seed: options.settings.seed), query: through == nil ? nil : zeros, hasGripper: codec.hasGripper,
      settings: options.settings)
    var records: [PolicyTrainer.Record] = []
    let place = TrainingState.path(beside: output)
    do throws(TrainingState.Unusable) {
      let state = try TrainingState.read(
        place, identity: identity, like: trainer.head, query: trainer.query, settings: options.settings.adam)
      if let state {
        trainer = PolicyTrainer(
          state.head, query: state.query, hasGripper: codec.hasGripper, settings: options.settings, optimizer: state.optimizer)
        records = state.records
        prepared.notes.append("\(trainer.step) of \(options.settings.steps) steps had been done by another run.")
      }
    } catch {
      prepared.notes.append(error.sentence)
    }
    let every = max(1, options.settings.steps / 50)
    var saved = ContinuousClock.now
    while trainer.step < options.settings.steps {
      let record: PolicyTrainer.Record
      if let (decoder, contexts) = through {
        let drawn = trainer.drawn(of: samples.count)
        record = try trainer.advance(decoder, drawn.map { contexts[$0] }, drawn.map { samples.chunks[$0] })
      } else {
        record = try trainer.advance(over: samples)
      }
      if record.step == 1 || record.step % every == 0 || record.step == options.settings.steps { records.append(record) }
      if record.step % 10 == 0 {
        progress?(
          ProgressReport(activity: "training the head", completed: record.step, total: options.settings.steps, unit: .steps))
      }
      if ContinuousClock.now - saved > .seconds(20) {
        try TrainingState(identity: identity, trainer: trainer, records: records).write(place)
        saved = ContinuousClock.now
      }
    }
    var settings = PolicySettings(
      convention: codec.convention, bounds: codec.bounds, statistics: codec.statistics, armDimensions: codec.armDimensions,
      hasGripper: codec.hasGripper, query: options.query)
    settings.camera = data.demonstrations.camera.value
    settings.backbone = options.checkpoint.absolutePath
    settings.backboneSHA256 = prepared.checkpointSHA256
    try PolicyFile(query: trainer.query ?? zeros, head: trainer.head, settings: settings).write(output)
    unlink(place)
    return Summary(
      checkpoint: options.checkpoint.path, data: options.data, output: output,
      episodes: data.demonstrations.episodes.count, frames: data.frameCount, tasks: data.demonstrations.tasks,
      camera: data.demonstrations.camera.value, chunk: data.chunk, columns: data.columns,
      actions: codec.convention.rawValue, parameters: layout.parameterCount, losses: records, notes: prepared.notes)
  }

  /// Bytes of keys and values that are held of all frames while a query is trained.
  private static let mostContexts = 4 << 30

  /// What a query is trained with: the decoder, and what stands before the query in every frame's sequence.
  private static func queryTraining(
    _ options: Options, _ data: PolicyDemonstrations, _ progress: ProgressHandler?
  ) throws -> (QueryDecoder, [QueryContext]) {
    let decoder = try QueryDecoder(options.checkpoint)
    let model = try QueryModel(
      VisionLanguageModel(options.checkpoint, precision: options.precision, progress: progress), settings: options.query)
    let demonstrations = data.demonstrations
    var contexts: [QueryContext] = []
    var bytes = 0
    for episode in demonstrations.episodes {
      let task = demonstrations.tasks[episode.task]
      for picture in try demonstrations.images(of: episode) {
        let context = try model.contexts([(picture, task)])[0]
        bytes += context.byteCount
        guard bytes <= mostContexts else {
          throw VLMError(
            .queryUntrainable, "keys and values of \(data.frameCount) frames take more than the \(mostContexts >> 30) GB that are held",
            file: options.checkpoint.path, remedy: "take fewer frames with --frames, or leave the query at zero")
        }
        contexts.append(context)
        progress?(
          ProgressReport(activity: "running the VLM", completed: contexts.count, total: data.frameCount, unit: .images))
      }
    }
    return (decoder, contexts)
  }

  private static func identity(_ options: Options, _ prepared: Prepared, _ codec: ActionCodec) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let settings = String(decoding: try encoder.encode(options.settings), as: UTF8.self)
    return [
      prepared.checkpointSHA256, DemonstrationIdentity.sha256(of: prepared.data.demonstrations), settings, "\(options.chunk)",
      "\(codec)", "\(options.query)", options.precision.rawValue, "\(options.trainsQuery)",
    ].joined(separator: "\n")
  }
}
