internal import Foundation
package import Tensors

/// VLM4VLA's policy head: from the query's last hidden state to a chunk of actions (`FCDecoder` of `base_policy.py`).
///
///     t = W2 relu(W1 x)                               trunk: [hidden] -> [hidden / 2] -> [1024]
///     arm = tanh(mlp(t)), gripper = mlp'(t)           each 1024 -> 1024 -> 512 -> 256 -> out, ReLU between
///
/// The arm has `chunk * armDimensions` numbers, step by step, the gripper a logit a step.
package struct FCDecoder: Sendable, Equatable {
  /// What a head is made of: fixed by these numbers alone.
  package struct Layout: Sendable, Equatable, Codable {
    /// The language model's width.
    package let hidden: Int
    /// Actions predicted at once.
    package let chunk: Int
    package let armDimensions: Int

    package init(hidden: Int, chunk: Int, armDimensions: Int = 6) {
      self.hidden = hidden
      self.chunk = chunk
      self.armDimensions = armDimensions
    }

    /// Numbers between trunk and branches.
    static let trunkWidth = 1024

    /// (inputs, outputs) of the layers of each part.
    var trunk: [(Int, Int)] { [(hidden, hidden / 2), (hidden / 2, Self.trunkWidth)] }
    func branch(_ outputs: Int) -> [(Int, Int)] { [(Self.trunkWidth, 1024), (1024, 512), (512, 256), (256, outputs)] }

    /// New parameters of a policy: those of the head and the query.
    package var parameterCount: Int {
      (trunk + branch(chunk * armDimensions) + branch(chunk)).reduce(hidden) { $0 + ($1.0 + 1) * $1.1 }
    }
  }

  package let layout: Layout
  package var trunk: [DenseLayer]
  package var arm: [DenseLayer]
  package var gripper: [DenseLayer]

  /// An untrained head, as the authors begin; depends on `seed` only.
  package init(_ layout: Layout, seed: UInt64) {
    var generator = SeededGenerator(seed: seed, purpose: "policy head")
    self.layout = layout
    trunk = layout.trunk.map { DenseLayer(inputs: $0.0, outputs: $0.1, using: &generator) }
    arm = layout.branch(layout.chunk * layout.armDimensions).map {
      DenseLayer(inputs: $0.0, outputs: $0.1, using: &generator)
    }
    gripper = layout.branch(layout.chunk).map { DenseLayer(inputs: $0.0, outputs: $0.1, using: &generator) }
  }

  /// Layers under the authors' names: `mlp.{0,2}`, `actions.mlp.{0,2,4,6}`, `gripper.mlp.{0,2,4,6}`.
  package static func layerNames() -> (trunk: [String], arm: [String], gripper: [String]) {
    (
      [0, 2].map { "mlp.\($0)" }, [0, 2, 4, 6].map { "actions.mlp.\($0)" }, [0, 2, 4, 6].map { "gripper.mlp.\($0)" }
    )
  }

  /// A head of the layers that `layer` gives by name and shape.
  package init<E: Error>(
    _ layout: Layout, layer: (_ name: String, _ inputs: Int, _ outputs: Int) throws(E) -> DenseLayer
  ) throws(E) {
    let names = Self.layerNames()
    self.layout = layout
    func layers(_ names: [String], _ shapes: [(Int, Int)]) throws(E) -> [DenseLayer] {
      var layers: [DenseLayer] = []
      for (name, shape) in zip(names, shapes) { layers.append(try layer(name, shape.0, shape.1)) }
      return layers
    }
    trunk = try layers(names.trunk, layout.trunk)
    arm = try layers(names.arm, layout.branch(layout.chunk * layout.armDimensions))
    gripper = try layers(names.gripper, layout.branch(layout.chunk))
  }

  /// All layers with their names.
  package var layers: [(name: String, layer: DenseLayer)] {
    let names = Self.layerNames()
    return Array(zip(names.trunk + names.arm + names.gripper, trunk + arm + gripper)).map { ($0, $1) }
  }

  /// Weights and biases of all layers, in the order of `layers`.
  package var arrays: [[Float]] { layers.flatMap { [$0.layer.weight, $0.layer.bias] } }

  /// Changes each of `arrays` in its place.
  package mutating func forEachArray(_ body: (_ index: Int, _ array: inout [Float]) -> Void) {
    var index = 0
    func visit(_ layers: inout [DenseLayer]) {
      for place in layers.indices {
        body(index, &layers[place].weight)
        body(index + 1, &layers[place].bias)
        index += 2
      }
    }
    visit(&trunk)
    visit(&arm)
    visit(&gripper)
  }

  /// What a head says of some states.
  package struct Output: Sendable, Equatable {
    /// [rows, chunk, armDimensions], within -1 ... 1.
    package var arm: [Float]
    /// [rows, chunk], logits.
    package var gripper: [Float]

    package init(arm: [Float], gripper: [Float]) {
      self.arm = arm
      self.gripper = gripper
    }
  }

  /// Whether a gripper's logit stands for a probability above one half, in f32 as torch computes it.
  package static func opens(_ logit: Float) -> Bool { 1 / (1 + exp(-logit)) > 0.5 }

  /// `states`: [rows, hidden].
  package func callAsFunction(_ states: [Float], rows: Int) -> Output { forward(states, rows: rows).output }

  // MARK: Gradients

  /// What each layer was given, for the way back.
  package struct Tape: Sendable {
    fileprivate var trunk: [[Float]]
    fileprivate var arm: [[Float]]
    fileprivate var gripper: [[Float]]
    fileprivate let rows: Int
  }

  package func forward(_ states: [Float], rows: Int) -> (output: Output, tape: Tape) {
    func run(_ layers: [DenseLayer], _ x: [Float], _ given: inout [[Float]]) -> [Float] {
      var x = x
      for (index, layer) in layers.enumerated() {
        given.append(x)
        x = layer(x, rows: rows)
        if index + 1 < layers.count { for place in x.indices { x[place] = max(x[place], 0) } }
      }
      return x
    }
    var tape = Tape(trunk: [], arm: [], gripper: [], rows: rows)
    let middle = run(trunk, states, &tape.trunk)
    let output = Output(arm: run(arm, middle, &tape.arm).map { tanh($0) }, gripper: run(gripper, middle, &tape.gripper))
    return (output, tape)
  }

  /// Gradients of a loss by its gradients at the output.
  ///
  /// - Parameters:
  ///   - darm: at `output.arm`, after the tanh.
  ///   - dgripper: at the logits.
  /// - Returns: those of the parameters, in a head of the same layout, and those of the states, `[rows, hidden]`.
  package func backward(
    _ tape: Tape, _ output: Output, darm: [Float], dgripper: [Float]
  ) -> (parameters: FCDecoder, states: [Float]) {
    var gradient = self
    gradient.trunk = trunk.map(\.zeros)
    gradient.arm = arm.map(\.zeros)
    gradient.gripper = gripper.map(\.zeros)
    func back(_ layers: [DenseLayer], _ given: [[Float]], _ dy: [Float], _ gradient: inout [DenseLayer]) -> [Float] {
      var dy = dy
      for index in layers.indices.reversed() {
        layers[index].addGradient(given[index], dy, rows: tape.rows, to: &gradient[index])
        var dx = layers[index].inputGradient(dy, rows: tape.rows)
        if index > 0 { for place in dx.indices where given[index][place] <= 0 { dx[place] = 0 } }
        dy = dx
      }
      return dy
    }
    let before = zip(darm, output.arm).map { $0 * (1 - $1 * $1) }
    let one = back(arm, tape.arm, before, &gradient.arm)
    let other = back(gripper, tape.gripper, dgripper, &gradient.gripper)
    let states = back(trunk, tape.trunk, zip(one, other).map { $0 + $1 }, &gradient.trunk)
    return (gradient, states)
  }
}
