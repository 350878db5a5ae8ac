internal import Files
internal import Tensors

/// One of compressed-tensors' `config_groups`: layers that are quantized alike.
struct CompressedTensorsGroup: Sendable {
  /// `weights`
  struct Arguments: Sendable, Equatable {
    let bits: Int
    let isFloat: Bool
    let isSymmetric: Bool
    let granularity: ScaledMatrix.Granularity
  }

  let path: String
  let arguments: Arguments
  /// `input_activations`; `nil`: inputs stay as they are.
  let inputs: Inputs?
  private let format: CompressedTensorsMethod.Format
  private let names: Set<String>
  private let expressions: [BoundedExpression]
  /// Whether a target of it is a class, such as `Linear`.
  var hasClass: Bool { names.contains { !$0.contains(".") } }

  /// `nil` for a group whose weights stay as they are.
  init?(_ settings: QuantizationSettings, format whole: CompressedTensorsMethod.Format) throws(VLMError) {
    try settings.requireKnown(
      ["targets", "weights", "format", "input_activations"], meaningless: ["output_activations"])
    path = settings.path
    format = try CompressedTensorsMethod.format(settings) ?? whole
    guard let weights = try settings.object("weights") else { return nil }
    arguments = try Self.arguments(weights)
    inputs = try settings.object("input_activations").flatMap { (settings) throws(VLMError) in try Inputs(settings) }
    let targets = try settings.words("targets") ?? []
    names = Set(targets.filter { !$0.hasPrefix("re:") })
    var expressions: [BoundedExpression] = []
    for target in targets where target.hasPrefix("re:") {
      do throws(BoundedExpression.Refusal) {
        expressions.append(try BoundedExpression(String(target.dropFirst(3))))
      } catch {
        throw error == .costly
          ? settings.unsupported(
            "\(path).targets has \(target.prefix(80)), which may take very long to match")
          : settings.malformed("\(path).targets has \(target.prefix(80)), which is no expression")
      }
    }
    self.expressions = expressions
  }

  private static func arguments(_ settings: QuantizationSettings) throws(VLMError) -> Arguments {
    try settings.requireKnown(
      ["num_bits", "type", "symmetric", "strategy", "group_size", "block_structure"],
      meaningless: ["actorder", "observer", "observer_kwargs", "scale_dtype", "zp_dtype", "is_mse"])
    let type = try settings.word("type") ?? "int"
    guard ["int", "float"].contains(type) else {
      throw settings.malformed("\(settings.path).type is \(type)")
    }
    let bits = try settings.count("num_bits", atMost: 8) ?? 8
    guard type == "int" || bits == 8 else {
      throw settings.unsupported("\(settings.path) has floats of \(bits) bits")
    }
    // -1 is a channel's.
    let group = settings.members["group_size"]?.intValue == -1 ? nil : try settings.count("group_size")
    let isChannel = settings.members["group_size"]?.intValue == -1
    let strategy =
      try settings.word("strategy") ?? (isChannel ? "channel" : group == nil ? "tensor" : "group")
    let granularity: ScaledMatrix.Granularity
    switch strategy {
    case "tensor": granularity = .tensor
    case "channel": granularity = .channel
    case "group":
      guard let group else { throw settings.malformed("\(settings.path) has groups of no size") }
      granularity = .group(group)
    case "block":
      guard let block = try settings.pair("block_structure") else {
        throw settings.malformed("\(settings.path) has blocks of no size")
      }
      granularity = .block(rows: block.0, columns: block.1)
    default: throw settings.unsupported("\(settings.path).strategy is \(strategy.prefix(60))")
    }
    return Arguments(
      bits: bits, isFloat: type == "float", isSymmetric: try settings.flag("symmetric") ?? true,
      granularity: granularity)
  }

  /// The group that has a layer among its targets by name, before one that has it by an expression.
  static func naming(_ layer: String, _ groups: [CompressedTensorsGroup]) -> CompressedTensorsGroup? {
    groups.first { $0.names.contains(layer) }
      ?? groups.first { $0.expressions.contains { $0.matches(layer, whole: false) } }
  }

  /// - Throws: when the layer's tensors are not as the group says.
  func weight(of module: QuantizedModule) throws(VLMError) -> QuantizedWeight {
    var weight = try format == .pack || format == .mixed && module["weight_packed"] != nil ? packed(module) : plain(module)
    weight.inputs = try inputRounding(of: module)
    return weight
  }

  private func plain(_ module: QuantizedModule) throws(VLMError) -> QuantizedWeight {
    if let packed = module["weight_packed"] {
      throw module.malformed("is \(packed.shape), and the format is \(format.rawValue)", "weight_packed")
    }
    let weight = try module.part("weight", beside: "weight_scale")
    guard format != .int || !arguments.isFloat, format != .float || arguments.isFloat, format != .dense else {
      throw module.malformed("is of \(path), whose type does not go with \(format.rawValue)")
    }
    try module.require("weight", [arguments.isFloat ? .f8E4M3 : .i8], [weight.shape.dimensions])
    let shape = weight.shape.dimensions
    guard shape.count == 2, shape[1] > 0 else {
      throw module.malformed("is \(weight.shape), no matrix", "weight")
    }
    return try scaled(
      module, shape,
      codes: .init(tensor: weight.name, coding: .plain(weight.dtype, rowStride: shape[1], columnStride: 1)),
      kind: arguments.isFloat ? "fp8" : "int\(arguments.bits)", packsZeros: false)
  }

  private func packed(_ module: QuantizedModule) throws(VLMError) -> QuantizedWeight {
    let packed = try module.part("weight_packed", beside: "weight_scale")
    guard !arguments.isFloat else {
      throw module.malformed("is of \(path), whose floats are not packed", "weight_packed")
    }
    _ = try module.part("weight_shape", beside: "weight_packed")
    let shape = try module.integers("weight_shape")
    let words = packed.shape.dimensions
    guard shape.count == 2, shape.allSatisfy({ (1...1 << 40).contains($0) }), words.count == 2 else {
      throw module.malformed("is of the shape \(shape), no matrix", "weight_packed")
    }
    let bits = arguments.bits
    try module.require("weight_packed", [.i32], [[shape[0], PackedIntegers.words(shape[1], bits: bits)]])
    let integers = PackedIntegers(bits: bits, wordStride: 1, otherStride: words[1])
    return try scaled(
      module, shape,
      codes: .init(tensor: packed.name, coding: .packed(integers, packsRows: false, offset: 1 << (bits - 1))),
      kind: "int\(bits)", packsZeros: !arguments.isSymmetric && arguments.granularity != .tensor)
  }

  private func scaled(
    _ module: QuantizedModule, _ shape: [Int], codes: ScaledMatrix.Numbers, kind: String, packsZeros: Bool
  ) throws(VLMError) -> QuantizedWeight {
    let scale = try module.part("weight_scale", beside: "weight")
    let (rows, columns) = (shape[0], shape[1])
    let wanted: [[Int]]
    switch arguments.granularity {
    case .tensor: wanted = [[1], [], [1, 1]]
    case .channel: wanted = [[rows, 1], [rows]]
    case .group(let size):
      guard columns % size == 0 else {
        throw module.malformed(
          "has \(columns) columns, which groups of \(size) do not divide", "weight_scale")
      }
      wanted = [[rows, columns / size]]
    case .block(let height, let width):
      wanted = [[(rows + height - 1) / height, (columns + width - 1) / width]]
    }
    try module.require("weight_scale", [.f16, .bf16, .f32], wanted)
    let groups = arguments.granularity == .tensor ? 0 : scale.shape.rank == 1 ? 1 : scale.shape.dimensions[1]
    var zeros: ScaledMatrix.Numbers?
    if let zero = module["weight_zero_point"] {
      if packsZeros {
        try module.require(
          "weight_zero_point", [.i32], [[PackedIntegers.words(rows, bits: arguments.bits), groups]])
        let integers = PackedIntegers(bits: arguments.bits, wordStride: groups, otherStride: 1)
        zeros = .init(
          tensor: zero.name, coding: .packed(integers, packsRows: true, offset: 1 << (arguments.bits - 1)))
      } else {
        try module.require("weight_zero_point", [.i8, .f8E4M3], wanted)
        zeros = .init(tensor: zero.name, coding: .plain(zero.dtype, rowStride: groups, columnStride: 1))
      }
    } else if !arguments.isSymmetric {
      throw module.malformed("has no weight_zero_point, and \(path) is not symmetric", "weight_scale")
    }
    if module["weight_g_idx"] != nil {
      guard case .group = arguments.granularity else {
        throw module.malformed("is an order of columns for groups, and there are none", "weight_g_idx")
      }
      try module.require("weight_g_idx", [.i32], [[columns]])
    }
    let matrix = ScaledMatrix(
      columns: columns, codes: codes, granularity: arguments.granularity,
      scales: .init(tensor: scale.name, coding: .plain(scale.dtype, rowStride: groups, columnStride: 1)),
      zeros: zeros,
      groupOfColumn: module["weight_g_idx"]?.name, precision: scale.dtype, kind: kind)
    return QuantizedWeight(stored: matrix, shape: shape, dtype: scale.dtype)
  }
}
