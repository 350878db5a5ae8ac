package import Runtime
package import Tensors

/// A head in training: one step after another, each of samples that are given or drawn.
///
///     var trainer = PolicyTrainer(FCDecoder(layout, seed: 123), settings: settings)
///     while trainer.step < settings.steps { try trainer.advance(over: samples) }
package struct PolicyTrainer: Sendable {
  package private(set) var head: FCDecoder
  /// Trained with the head where the samples have contexts to run it behind; else it stays what it is.
  package private(set) var query: [Float]?
  package private(set) var optimizer: AdamW
  package let settings: TrainingSettings
  package let hasGripper: Bool

  /// What a step came to.
  package struct Record: Sendable, Equatable, Codable {
    package let step: Int
    package let loss: Double
    package let arm: Double
    package let gripper: Double
    package let gripperAccuracy: Double
    /// Length of the gradient before it was clipped.
    package let gradient: Double
  }

  package init(
    _ head: FCDecoder, query: [Float]? = nil, hasGripper: Bool = true, settings: TrainingSettings, optimizer: AdamW? = nil
  ) {
    self.head = head
    self.query = query
    self.hasGripper = hasGripper
    self.settings = settings
    self.optimizer = optimizer ?? AdamW(like: (query.map { [$0] } ?? []) + head.arrays, settings: settings.adam)
  }

  /// Steps done.
  package var step: Int { optimizer.step }

  /// Features and labels of the samples that are trained on.
  package struct Samples: Sendable {
    /// [samples, width].
    package let states: [Float]
    package let width: Int
    package let chunks: [ActionChunk]

    package init(states: [Float], width: Int, chunks: [ActionChunk]) {
      precondition(states.count == width * chunks.count)
      self.states = states
      self.width = width
      self.chunks = chunks
    }

    package var count: Int { chunks.count }

    func picked(_ indices: [Int]) -> Samples {
      Samples(
        states: indices.flatMap { states[$0 * width..<($0 + 1) * width] }, width: width, chunks: indices.map { chunks[$0] })
    }
  }

  /// One step on the samples that the seed draws for it: all of them once in an order of its own, then again in another.
  package mutating func advance(over samples: Samples) throws(VLMError) -> Record {
    try advance(samples, drawn(of: samples.count))
  }

  /// The samples that the seed draws for the next step, of `count`.
  package func drawn(of count: Int) -> [Int] {
    let batch = min(settings.batch, count)
    let first = step * batch
    var (drawn, epoch, order): ([Int], Int, [Int]) = ([], -1, [])
    for place in first..<first + batch {
      if place / count != epoch {
        epoch = place / count
        order = Self.order(ofEpoch: epoch, count: count, seed: settings.seed)
      }
      drawn.append(order[place % count])
    }
    return drawn
  }

  private static func order(ofEpoch epoch: Int, count: Int, seed: UInt64) -> [Int] {
    var generator = SeededGenerator(seed: seed &+ UInt64(epoch), purpose: "order of samples")
    return generator.shuffled(Array(0..<count))
  }

  /// One step on the named samples.
  ///
  /// - Throws: `policies.training.failed` where loss or gradient is not finite.
  package mutating func advance(_ samples: Samples, _ indices: [Int]) throws(VLMError) -> Record {
    let batch = samples.picked(indices)
    return try advance(batch.states, batch.chunks) { _ in nil }
  }

  /// One step in which the query is trained too: its states are made anew behind the contexts.
  package mutating func advance(
    _ decoder: QueryDecoder, _ contexts: [QueryContext], _ chunks: [ActionChunk]
  ) throws(VLMError) -> Record {
    guard let query else { preconditionFailure("there is a query to train") }
    let (states, tape) = decoder.forward(query, contexts)
    return try advance(states, chunks) { decoder.backward(tape, states: $0) }
  }

  /// - Parameter behind: gives the query's gradient for that of the states, where it is trained.
  private mutating func advance(
    _ states: [Float], _ chunks: [ActionChunk], behind: ([Float]) -> [Float]?
  ) throws(VLMError) -> Record {
    let (output, tape) = head.forward(states, rows: chunks.count)
    let loss: PolicyLoss.Result
    do throws(VLMError) {
      loss = try settings.loss(output, chunks, layout: head.layout, hasGripper: hasGripper)
    } catch { throw diverged(error) }
    let gradient = head.backward(tape, output, darm: loss.darm, dgripper: loss.dgripper)
    let ofQuery = behind(gradient.states)
    var arrays = (ofQuery.map { [$0] } ?? []) + gradient.parameters.arrays
    let norm = AdamW.clip(&arrays, to: settings.clip)
    guard norm.isFinite else {
      throw diverged(VLMError(.trainingFailed, "the gradient is \(norm)"))
    }
    optimizer.advance()
    let rate = settings.rate(atStep: step)
    let first = ofQuery == nil ? 0 : 1
    if first > 0 { optimizer.update(0, &query!, arrays[0], rate: rate) }
    head.forEachArray { index, array in optimizer.update(first + index, &array, arrays[first + index], rate: rate) }
    return Record(
      step: step, loss: loss.total, arm: loss.arm, gripper: loss.gripper, gripperAccuracy: loss.gripperAccuracy,
      gradient: norm)
  }

  private func diverged(_ error: VLMError) -> VLMError {
    VLMError(
      .trainingFailed, "at step \(step + 1): \(error.message)", remedy: "lower --learning-rate, or look at the data with `vlmtool data inspect`")
  }
}
