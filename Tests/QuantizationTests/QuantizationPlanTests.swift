import Checkpoints
import Mapping
import Quantization
import Tensors
import Testing

@Suite struct QuantizationPlanTests {
  static func candidate(
    _ name: String, _ shape: [Int], _ role: PlanCandidate.Role = .linear, dtype: DType = .f32,
    aliases: [String] = [],
    objection: String? = nil
  ) -> PlanCandidate {
    let descriptor = TensorDescriptor(name: name, dtype: dtype, shape: Shape(shape))
    let tensor = PlannedTensor(descriptor: descriptor, rows: shape[0], rowsPerSlice: 1) { rows, destination in
      for index in 0..<destination.count {
        destination[index] = UInt8(truncatingIfNeeded: rows.lowerBound + index)
      }
    }
    return PlanCandidate(
      tensor: tensor, component: ModelComponent(rawValue: String(name.prefix { $0 != "." })) ?? .other,
      role: role,
      aliases: aliases, file: "model.safetensors", formatObjection: objection)
  }

  static let candidates = [
    candidate("vision.patch_embedding.weight", [8, 12], .other),
    candidate("vision.blocks.0.attention.query.weight", [8, 8], aliases: ["visual.blocks.0.attn.qkv"]),
    candidate("vision.blocks.0.mlp.down.weight", [8, 12]),
    candidate("vision.blocks.1.mlp.down.weight", [8, 12]),
    candidate("vision.norm.weight", [8], .other),
    candidate("projector.layers.0.weight", [16, 8]),
    candidate("language.head.weight", [32, 16], .head),
  ]

  static func plan(
    _ candidates: [PlanCandidate] = candidates, _ granularity: Granularity = .channel,
    only: Set<ModelComponent>? = nil,
    keep: [String] = [], scheme: any SymmetricScheme = W8A16()
  ) throws -> QuantizationPlan {
    try QuantizationPlan(
      candidates, layout: .runtime(scheme), granularity: granularity, only: only,
      keep: try keep.map { try NamePick($0) })
  }

  private func quantized(_ plan: QuantizationPlan) -> [String] {
    plan.decisions.filter(\.isQuantized).map(\.name)
  }

  @Test func takesEveryLinearLayerButTheHead() throws {
    let plan = try Self.plan()
    #expect(plan.decisions.count == Self.candidates.count)
    #expect(quantized(plan).count == 4)
    #expect(plan.decisions.last?.keptBecause == .head)
    #expect(plan.decisions[0].keptBecause == .notLinear)
    #expect(plan.decisions[2].bytesBefore == 8 * 12 * 4 && plan.decisions[2].bytesAfter == 8 * 12 + 8 * 4)
  }

  @Test func onlySelectsParts() throws {
    #expect(quantized(try Self.plan(only: [.projector])) == ["projector.layers.0.weight"])
  }

  @Test func onlyAPartThatIsNotThereIsAnError() {
    #expect { try Self.plan(only: [.vision, .other]) } throws: {
      ($0 as? VLMError)?.code == .patternMatchesNothing
    }
  }

  @Test(arguments: [
    ("vision.blocks.1", "vision.blocks.1.mlp.down.weight"),
    ("*.query", "vision.blocks.0.attention.query.weight"),
    ("visual.blocks.0.attn.qkv", "vision.blocks.0.attention.query.weight"),
    ("re:proj", "projector.layers.0.weight"),
  ])
  func keepsWhatAPatternSelects(_ pattern: String, _ name: String) throws {
    let kept = try Self.plan(keep: [pattern]).decisions.filter { $0.keptBecause == .pattern(pattern) }
    #expect(kept.map(\.name) == [name])
  }

  @Test func aPatternThatMatchesNothingSuggests() {
    #expect { try Self.plan(keep: ["vision.block.1.mlp.dwn"]) } throws: { error in
      guard let error = error as? VLMError else { return false }
      return error.code == .patternMatchesNothing
        && error.remedy?.contains("vision.blocks.*.mlp.down") == true
    }
  }

  @Test func aPatternThatMatchesOnlyANormIsAnError() {
    #expect { try Self.plan(keep: ["vision.norm"]) } throws: {
      ($0 as? VLMError)?.code == .patternMatchesNothing
    }
  }

  @Test func keepingEverythingIsAnError() {
    #expect { try Self.plan(keep: ["*"]) } throws: { ($0 as? VLMError)?.code == .nothingToQuantize }
  }

  @Test func rowsThatGroupsDoNotDivideFallBackToChannels() throws {
    let plan = try Self.plan(Self.candidates, .group(8))
    let down = try #require(plan.decisions.first { $0.name == "vision.blocks.0.mlp.down.weight" })
    #expect(down.isQuantized && down.strategy == "channel" && down.fallback?.contains("12") == true)
    let query = try #require(plan.decisions.first { $0.name == "vision.blocks.0.attention.query.weight" })
    #expect(query.strategy == "group" && query.groupSize == 8 && query.fallback == nil)
  }

  @Test(arguments: [DType.i8, .u8, .i32, .f8E4M3]) func refusesQuantizedInput(_ dtype: DType) {
    let candidates = [Self.candidate("vision.blocks.0.mlp.up.weight", [4, 4], dtype: dtype)]
    #expect { try Self.plan(candidates) } throws: { error in
      (error as? VLMError)?.code == .alreadyQuantized
        && (error as? VLMError)?.tensor == "vision.blocks.0.mlp.up.weight"
    }
  }

  @Test func aLayerTheFormatCannotHoldIsKeptAndSaysWhy() throws {
    let odd = Self.candidate(
      "vision.pooling.attention.query.weight", [4, 4], objection: "no nn.Linear in transformers")
    let plan = try Self.plan(Self.candidates + [odd])
    #expect(plan.decisions.last?.keptBecause == .format("no nn.Linear in transformers"))
  }
}
