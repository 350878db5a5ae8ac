internal import Checkpoints
internal import Files
internal import Foundation
internal import Tensors

extension ConversionTarget {
  /// As summaries and manifests call it.
  package var name: String {
    switch self {
    case .runtime: "runtime"
    case .hf: "hf"
    case .keras: "keras"
    }
  }
}

/// The library whose files a dialect is of, by the dialect's name.
enum DialectLibrary {
  case transformers, tensorFlow, keras

  init(_ dialect: String) {
    self = dialect.hasPrefix("kerashub") ? .keras : dialect.hasPrefix("tf2") ? .tensorFlow : .transformers
  }

  /// Whether `config.json` is that of transformers.
  var hasTransformersConfig: Bool { self != .keras }
}

extension ConversionPlan {
  /// The family file by whose rules a checkpoint is written for `target`.
  ///
  /// Its own dialect where that is one of the target's library; else the first of the family's that leads back from
  /// every parameter there is.
  static func family(
    _ source: MappedCheckpoint, _ target: ConversionTarget, _ catalog: FamilyCatalog
  ) throws(VLMError) -> FamilyFile {
    guard source.configuration.quantization == nil,
      !source.parameters.keys.contains(where: { ScaledCodes.weightName(ofScale: $0) != nil })
    else {
      throw VLMError(
        .conversionQuantized, "the linear weights are int8 already, so the public weights are not in it",
        file: source.path,
        remedy: "convert the checkpoint it was made from; `quantize --format compressed-tensors` "
          + "writes int8 that transformers and vLLM load")
    }
    let family = source.configuration.family
    let library: DialectLibrary = if case .keras = target { .keras } else { .transformers }
    var wanted: String?
    if case .hf(let dialect) = target { wanted = dialect }
    if wanted == nil, DialectLibrary(source.configuration.dialect) == library {
      wanted = source.configuration.dialect
    }
    let dialects = catalog.files.filter { $0.family == family }
    if let wanted {
      guard let file = catalog["\(family).\(wanted)"] else {
        let known = dialects.filter { DialectLibrary($0.dialect) == library }.map(\.dialect)
        throw VLMError(
          .conversionDialect, "\(family) has no dialect \"\(wanted)\"", file: source.path,
          remedy: known.isEmpty
            ? "give its file with --family-file"
            : NearestNames.suggestion(for: wanted, among: known) ?? "known: \(known.joined(separator: ", "))")
      }
      guard DialectLibrary(wanted) == library else {
        throw VLMError(
          .conversionDialect, "\(wanted) is not written as safetensors by any library", file: source.path,
          remedy: "leave --dialect out")
      }
      return file
    }
    var failure: VLMError?
    // Names that libraries write come before those that models have in memory.
    let usual = dialects.filter { $0.dialect.hasPrefix("transformers") || library == .keras }
    for file in usual + dialects where DialectLibrary(file.dialect) == library {
      guard
        catalog.template(of: file) != nil
          || DialectLibrary(source.configuration.dialect).hasTransformersConfig
      else { continue }
      do throws(VLMError) {
        _ = try FamilyMapping(file, source.configuration).invert(source.layouts)
        return file
      } catch {
        failure = failure ?? error
      }
    }
    throw VLMError(
      .conversionDialect,
      "\(family) cannot be written for \(library == .keras ? "KerasHub" : "transformers")",
      file: source.path, remedy: "the runtime layout (--to runtime) has everything in it", cause: failure)
  }

  /// The `config.json` that goes with a public layout: the source's, or one made for another library.
  static func publicConfig(
    _ source: MappedCheckpoint, _ file: FamilyFile, _ catalog: FamilyCatalog
  ) throws(VLMError) -> Data {
    let from = DialectLibrary(source.configuration.dialect)
    let to = DialectLibrary(file.dialect)
    if from.hasTransformersConfig == to.hasTransformersConfig { return source.sourceConfig }
    guard let template = catalog.template(of: file) else {
      throw VLMError(
        .conversionDialect, "\(file.id) does not say what its config.json is like", file: source.path,
        remedy: "add a `config` to the family file")
    }
    let text = try template.text(source.configuration)
    try checkConfig(text, source, file, catalog)
    return text
  }

  /// What two libraries' configurations may say differently of one model: nothing is computed from it.
  private static let incidental: Set<String> = [
    "imageTokenId", "videoTokenId", "initialization", "initializerRange", "maxPositions", "firstPosition",
  ]

  /// Reads the `config.json` made for another library as that library's, and refuses one that says less than the source.
  private static func checkConfig(
    _ text: Data, _ source: MappedCheckpoint, _ file: FamilyFile, _ catalog: FamilyCatalog
  ) throws(VLMError) {
    let name = "config.json of \(file.id)"
    var names: Set<String> = []
    for (claim, _) in try FamilyMapping(file, source.configuration).invert(source.layouts) {
      names.formUnion(claim.sources)
    }
    let resolved = try catalog.configuration(
      of: file, config: try JSONValue(parsing: text, file: name, code: .configSyntax), tensors: names,
      path: name)
    let (wanted, found) = (source.configuration.jsonValue, resolved.jsonValue)
    for section in ["vision", "fusedVision", "projector", "language", "contrastive"] {
      for field in ModelConfiguration.fieldNames(of: section) where !incidental.contains(field) {
        let (one, other) = (wanted[section]?[field], found[section]?[field])
        guard one != other, !(isNothing(one) && isNothing(other)) else { continue }
        if let number = one?.doubleValue, number == other?.doubleValue { continue }
        throw VLMError(
          .conversionDialect,
          "\(file.dialect) cannot say that \(section).\(field) is \(one?.summary ?? "absent") "
            + "(it would be \(other?.summary ?? "absent"))",
          file: source.path, remedy: "the runtime layout (--to runtime) has everything in it")
      }
    }
  }

  /// Whether a field that is absent would say the same.
  private static func isNothing(_ value: JSONValue?) -> Bool {
    value == nil || value == .bool(false) || value?.doubleValue == 0
  }

  /// What the library that is written for computes otherwise than the source, as far as its family file knows.
  static func caveats(_ source: MappedCheckpoint, _ file: FamilyFile) throws(VLMError) -> [String] {
    let fields = source.configuration.jsonValue
    let scope = ConfigurationScope(root: fields, section: fields, tensors: [], file: file.id)
    var caveats: [String] = []
    for (condition, reason) in file.caveats
    where try scope.evaluate(condition, field: "caveats") == .bool(true) {
      caveats.append(reason)
    }
    return caveats
  }

  /// What a KerasHub preset says of itself, without the date, so that the same conversion gives the same file.
  var presetMetadata: Data {
    let count = entries.reduce(0) { $0 + $1.tensors.reduce(0) { $0 + $1.descriptor.shape.count } }
    return Data(
      """
      {
          "keras_version": "3.15.1",
          "keras_hub_version": "0.32.0",
          "parameter_count": \(count),
          "tasks": []
      }

      """.utf8)
  }

  /// Tensors that no layer uses and that a library insists on: made anew where the source has none.
  static func madeAnew(
    _ source: MappedCheckpoint, _ file: FamilyFile, dtype: DType
  ) throws(VLMError) -> [ConversionEntry] {
    let symbols = ConfigurationSymbols(source.configuration)
    var entries: [ConversionEntry] = []
    for rule in file.ignores {
      let name = rule.template.name([:])
      let tensor: PlannedTensor
      switch rule.anew {
      case nil: continue
      case .numbers(let parameter):
        guard let rows = source.parameters[parameter]?.shape.dimensions.first else { continue }
        let bytes = (0..<Int32(clamping: rows)).flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) }
        tensor = .bytes(bytes, descriptor: TensorDescriptor(name: name, dtype: .i32, shape: [1, rows]))
      case .zeros(let extents):
        let shape = Shape(try symbols.resolve(extents, count: 1))
        let descriptor = TensorDescriptor(name: name, dtype: dtype, shape: shape)
        tensor = .bytes([UInt8](repeating: 0, count: descriptor.byteCount), descriptor: descriptor)
      }
      entries.append(
        ConversionEntry(
          name: name, parameters: [], component: .other, role: nil, sources: [], file: source.path,
          transform: "made anew", tensors: [tensor]))
    }
    return entries
  }
}
