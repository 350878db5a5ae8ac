package import Features
internal import Images
package import Mapping
package import Runtime
package import Statistics
package import Tensors

/// A fault put into a model or its data on purpose, and what has to be found.
///
/// Another plant is another value in `all`.
package struct Plant: Sendable {
  /// What has to come of it.
  package enum Expectation: Sendable, Equatable {
    /// No module loses more than without the plant.
    case nothing
    /// These lose, and no other.
    case loss([ProbeModule])
    case notIdentifiable
  }

  /// Weights that are changed: which, and to what. `nil` where a model has no such weights.
  package struct Change: Sendable {
    let isChanged: @Sendable (String) -> Bool
    let change: @Sendable (_ parameter: String, FloatTensor) throws -> FloatTensor
  }

  package let id: String
  /// In a table: "projector cut to 4 directions".
  package let title: String
  package let expected: Expectation
  /// Weak doses show that losses grow with the dose, and need not be found.
  package var isWeak = false
  /// What is planted in several doses, the weakest first; `nil` for what has none.
  package var series: String?
  /// Under which no module may be named that is not without it.
  package var isNull = false
  /// In the quick run too.
  package var isQuick = true
  package var precision: Precision?
  /// Changed weights; by default none. `nil` when the model has none that could be.
  package var parameters: (@Sendable (MappedCheckpoint, UInt64) -> Change?)?
  /// What the model is shown and told instead; gets all tasks.
  package var sample: (@Sendable (Sample, [String]) throws -> Sample)?
  /// What the probes see instead of what the model gave.
  package var features: (@Sendable (any FeatureSource, UInt64) -> any FeatureSource)?
  /// What they are asked for instead.
  package var labels: (@Sendable (Matrix, EpisodeFolds, _ tasks: [Int], UInt64) -> Matrix)?

  private init(_ id: String, _ title: String, _ expected: Expectation, _ set: (inout Plant) -> Void) {
    (self.id, self.title, self.expected) = (id, title, expected)
    set(&self)
  }

  /// In the order of a report.
  package static let all: [Plant] =
    [
      Plant("rotation", "projector's output rotated", .nothing) {
        $0.features = { RotatedFeatures($0, stage: Stage.projector.name, seed: $1) }
        $0.isNull = true
      },
      Plant("int8", "linear layers in int8", .nothing) {
        $0.precision = .int8
        $0.isQuick = false
      },
    ]
    + [0.25, 0.5, 1].map { dose in
      Plant("vision-\(dose)", "vision weights random, dose \(dose)", .loss([.vision])) {
        $0.parameters = { _, seed in random(seed, dose: dose) { $0.hasPrefix("vision.") } }
        ($0.isWeak, $0.isQuick, $0.series) = (dose < 1, dose == 1, "vision weights random")
      }
    }
    + [16, 4].map { factor in
      Plant("blur-\(factor)", "frames blurred to \(factor) × \(factor) cells", .loss([.vision])) {
        $0.sample = { sample, _ in
          Sample(
            images: try sample.images.map { try blurred($0, to: factor) }, instruction: sample.instruction)
        }
        ($0.isWeak, $0.isQuick, $0.series) = (factor > 4, false, "frames blurred")
      }
    }
    + [16, 8, 4, 2, 1].map { rank in
      Plant("projector-\(rank)", "projector cut to rank \(rank)", .loss([.projector])) {
        $0.parameters = { checkpoint, seed in
          outputOfProjector(checkpoint).map { weight in
            Change {
              $0 == weight
            } change: { name, values in
              truncated(values, to: rank, seed: seed)
            }
          }
        }
        // Rank 4 costs the shipped model 0.058 of R2, which 60 episodes tell from the margin of 0.02 in 44 of 100 draws.
        ($0.isWeak, $0.isQuick, $0.series) = (rank > 2, rank == 1, "projector cut")
      }
    }
    + [
      Plant("language-random", "language blocks random", .loss([.language])) {
        $0.parameters = { _, seed in random(seed, dose: 1) { $0.hasPrefix("language.blocks.") } }
        $0.isWeak = true
        $0.isQuick = false
      },
      Plant("language-narrow", "language model's last norm cut to 1 channel", .loss([.language])) {
        $0.parameters = { _, _ in
          Change {
            $0 == "language.norm.weight"
          } change: { _, values in
            FloatTensor(
              values.values.enumerated().map { $0.offset < 1 ? $0.element : 0 }, shape: values.shape)
          }
        }
      },
      Plant("two", "vision weights random, projector cut to rank 1", .loss([.vision, .projector])) {
        $0.parameters = { checkpoint, seed in
          let vision = random(seed, dose: 1) { $0.hasPrefix("vision.") }
          return outputOfProjector(checkpoint).map { weight in
            Change {
              $0 == weight || vision.isChanged($0)
            } change: { name, values in
              name == weight ? truncated(values, to: 1, seed: seed) : try vision.change(name, values)
            }
          }
        }
        $0.isQuick = false
      },
      Plant("no-instruction", "instruction dropped", .loss([.fusion])) {
        $0.sample = { InstructionContrast.Told.none.sample($0, tasks: $1) }
      },
      Plant("wrong-instruction", "instruction of another task", .loss([.fusion])) {
        $0.sample = { InstructionContrast.Told.wrong.sample($0, tasks: $1) }
        $0.isQuick = false
      },
      Plant("labels", "labels dealt to other episodes of the task", .notIdentifiable) {
        $0.labels = { values, folds, tasks, seed in
          values.rows(PermutationNull(folds: folds, tasks: tasks, count: 1, seed: seed).sources[0])
        }
        $0.isNull = true
      },
    ]

  /// `(1 - dose) w + dose r`, r normal with the spread of w; gains and biases stay.
  private static func random(
    _ seed: UInt64, dose: Double, where isMeant: @escaping @Sendable (String) -> Bool
  ) -> Change {
    Change {
      isMeant($0) && $0.hasSuffix(".weight")
    } change: { name, values in
      guard values.shape.rank > 1 else { return values }
      var generator = SeededGenerator(seed: seed, purpose: "plant " + name)
      let old = values.values
      let spread = (old.reduce(0) { $0 + Double($1) * Double($1) } / Double(max(old.count, 1))).squareRoot()
      return FloatTensor(
        old.map { Float((1 - dose) * Double($0) + dose * spread * generator.normal()) }, shape: values.shape)
    }
  }

  /// `Q Q' w` with Q of `rank` random orthonormal columns: all outputs on as many directions.
  private static func truncated(_ weight: FloatTensor, to rank: Int, seed: UInt64) -> FloatTensor {
    let w = Matrix(weight)
    var generator = SeededGenerator(seed: seed, purpose: "plant rank")
    var directions: [[Double]] = []
    while directions.count < min(rank, w.rows) {
      var direction = (0..<w.rows).map { _ in generator.normal() }
      for other in directions {
        let share = zip(direction, other).reduce(0) { $0 + $1.0 * $1.1 }
        for index in direction.indices { direction[index] -= share * other[index] }
      }
      let length = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
      directions.append(direction.map { $0 / length })
    }
    let q = Matrix(directions.count, w.rows, directions.flatMap(\.self))
    return FloatTensor(q.transposed().times(q.times(w)).values.map(Float.init), shape: weight.shape)
  }

  /// The last weight of the projector.
  private static func outputOfProjector(_ checkpoint: MappedCheckpoint) -> String? {
    ParameterInventory(checkpoint.configuration).parameters.last {
      $0.component == .projector && $0.shape.count == 2 && $0.name.hasSuffix(".weight")
        && $0.name.hasPrefix(Stage.projector.name + ".")
    }?.name
  }

  /// Down to `side` x `side` pixels and back.
  private static func blurred(_ image: RGBImage, to side: Int) throws -> RGBImage {
    let small = try image.resized(width: side, height: side, by: Resampler(.bilinear, as: .pillow))
    return try small.resized(width: image.width, height: image.height, by: Resampler(.bilinear, as: .pillow))
  }
}

/// Features of which one stage stands in another orthonormal basis, made of Householder's reflections.
package struct RotatedFeatures: FeatureSource {
  private let features: any FeatureSource
  private let stage: String
  private let seed: UInt64

  package init(_ features: any FeatureSource, stage: String, seed: UInt64) {
    (self.features, self.stage, self.seed) = (features, stage, seed)
  }

  package var stages: [ProbeStage] { features.stages }

  package func features(_ index: Int, _ readout: Readout) throws -> FloatTensor? {
    guard let values = try features.features(index, readout), stages[index].name == stage else {
      return try features.features(index, readout)
    }
    let width = stages[index].width
    var generator = SeededGenerator(seed: seed, purpose: "plant rotation")
    let normals = (0..<8).map { _ -> [Double] in
      let normal = (0..<width).map { _ in generator.normal() }
      let length = normal.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return normal.map { $0 / length }
    }
    var result = values.values.map(Double.init)
    for start in stride(from: 0, to: result.count, by: width) {
      for normal in normals {
        let share = 2 * (0..<width).reduce(0) { $0 + normal[$1] * result[start + $1] }
        for index in 0..<width { result[start + index] -= share * normal[index] }
      }
    }
    return FloatTensor(result.map(Float.init), shape: values.shape)
  }
}
