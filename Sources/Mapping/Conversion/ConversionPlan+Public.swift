internal import Checkpoints
internal import Files
internal import Foundation
internal import Tensors

extension ConversionPlan {
  /// The family file by whose rules a checkpoint is written for a library.
  ///
  /// The dialect asked for, or its own where that is one of the library's; else the first of the family's that leads back from
  /// every parameter there is.
  static func family(
    _ source: MappedCheckpoint, _ format: OutputFormat, called title: String, _ dialect: String?,
    _ catalog: FamilyCatalog
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
    if let reason = format.unsayable[family] {
      throw VLMError(
        .conversionDialect, "it cannot be written for \(title): \(reason)", file: source.path,
        remedy: "the runtime layout (--to runtime) has everything in it")
    }
    let dialects = catalog.files.filter { $0.family == family }
    let own = source.configuration.dialect
    // A dialect that the catalog lacks counts as of the standard library, and is asked for.
    let isOwn =
      dialects.first { $0.dialect == own }.map(format.writes) ?? (source.library == format.library?.name)
    if let wanted = dialect ?? (isOwn ? own : nil) {
      guard let file = dialects.first(where: { $0.dialect == wanted }) else {
        let known = dialects.filter(format.writes).map(\.dialect)
        throw VLMError(
          .conversionDialect, "\(family) has no dialect \"\(wanted)\"", file: source.path,
          remedy: known.isEmpty
            ? "give its file with --family-file"
            : NearestNames.suggestion(for: wanted, among: known) ?? "known: \(known.joined(separator: ", "))")
      }
      guard format.writes(file) else {
        throw VLMError(
          .conversionDialect, "\(wanted) is not written for \(title)", file: source.path,
          remedy: "leave --dialect out")
      }
      return file
    }
    var failure: VLMError?
    // Names that libraries write come before those that models have in memory.
    let usual = dialects.filter { $0.dialect.hasPrefix($0.library) }
    for file in usual + dialects where format.writes(file) {
      if source.filesLibrary == catalog.filesLibrary(of: file) {
        // The other library's class is chosen by the config.json that there is.
        guard source.library == file.library || file.matches(source.source) else { continue }
      } else if try catalog.config(of: file, for: source.configuration) == nil {
        continue
      }
      do throws(VLMError) {
        _ = try FamilyMapping(file, source.configuration).invert(source.layouts)
        return file
      } catch {
        failure = failure ?? error
      }
    }
    throw VLMError(
      .conversionDialect, "\(family) cannot be written for \(title)", file: source.path,
      remedy: "the runtime layout (--to runtime) has everything in it", cause: failure)
  }

  /// The `config.json` that goes with a public layout: the source's, or one made for another library.
  static func publicConfig(
    _ source: MappedCheckpoint, _ file: FamilyFile, _ catalog: FamilyCatalog
  ) throws(VLMError) -> Data {
    if source.library == file.library { return source.sourceConfig }
    let shares = source.filesLibrary == catalog.filesLibrary(of: file)
    if shares, file.configurationOf == nil || file.template == nil { return source.sourceConfig }
    guard let config = try catalog.config(of: file, for: source.configuration, over: shares ? source.source : nil) else {
      throw VLMError(
        .conversionDialect, "\(file.id) does not say what its config.json is like", file: source.path,
        remedy: "add a `config` to the family file")
    }
    try checkConfig(config, source, file, catalog)
    guard let text = config.fileText else {
      throw VLMError(
        .conversionDialect, "config.json has NaN or an infinity, which no JSON that \(file.library) reads has", file: source.path,
        remedy: "take it out")
    }
    return text
  }

  /// What two libraries' configurations may say differently of one model: nothing is computed from it.
  private static let incidental: Set<String> = [
    "imageTokenId", "videoTokenId", "initialization", "initializerRange", "layerScaleInitial", "maxPositions",
    "firstPosition",
  ]

  /// Reads the `config.json` made for another library as that library's, and refuses one that says less than the source.
  private static func checkConfig(
    _ config: JSONValue, _ source: MappedCheckpoint, _ file: FamilyFile, _ catalog: FamilyCatalog
  ) throws(VLMError) {
    let name = "config.json of \(file.id)"
    var names: Set<String> = []
    for (claim, _) in try FamilyMapping(file, source.configuration).invert(source.layouts) {
      names.formUnion(claim.sources)
    }
    let resolved = try catalog.configuration(of: file, config: config, tensors: names, path: name)
    let (wanted, found) = (source.configuration.jsonValue, resolved.jsonValue)
    for section in ModelConfiguration.sectionNames where section != "prompt" {
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

  /// Whether a field that is absent would say the same; kinds of stretched frequencies that change nothing among them.
  private static func isNothing(_ value: JSONValue?) -> Bool {
    value == nil || value == .bool(false) || value?.doubleValue == 0
      || ["default", "mrope"].contains(value?["rope_type"]?.stringValue)
  }

  /// What the library that is written for computes otherwise than the source, as far as its family file knows.
  ///
  /// - Throws: what it would not load at all.
  static func caveats(_ source: MappedCheckpoint, _ file: FamilyFile) throws(VLMError) -> [String] {
    let fields = source.configuration.jsonValue
    let scope = ConfigurationScope(root: fields, section: fields, tensors: [], file: file.id)
    func reasons(_ cases: [(condition: ConfigurationExpression, reason: String)]) throws(VLMError) -> [String] {
      var reasons: [String] = []
      for (condition, reason) in cases where try scope.evaluate(condition, field: "when") == .bool(true) { reasons.append(reason) }
      return reasons
    }
    if let reason = try reasons(file.refusals).first {
      throw VLMError(
        .conversionDialect, "cannot be written as \(file.dialect): \(reason)", file: source.path,
        remedy: "the runtime layout (--to runtime) has everything in it")
    }
    return try reasons(file.caveats)
  }

  /// That the files of `file`'s library do not say the type that `config.json` names, where they would come back as another one.
  static func otherName(_ source: MappedCheckpoint, _ file: FamilyFile, _ catalog: FamilyCatalog) throws(VLMError) -> [String] {
    guard source.filesLibrary == FamilyFile.standardLibrary, catalog.filesLibrary(of: file) != FamilyFile.standardLibrary,
      let type = source.source["model_type"]?.stringValue, let own = source.mapping?.file,
      let back = try catalog.config(of: own, for: source.configuration)?["model_type"]?.stringValue, back != type
    else { return [] }
    return ["\(file.library) has no word for model_type \"\(type)\": in transformers' layout again it is \"\(back)\""]
  }

  /// Tensors that no layer uses and that a library insists on: made anew where the source has none.
  static func madeAnew(
    _ source: MappedCheckpoint, _ format: OutputFormat, _ file: FamilyFile, dtype: DType
  ) throws(VLMError) -> [ConversionEntry] {
    let symbols = ConfigurationSymbols(source.configuration)
    var entries: [ConversionEntry] = []
    for rule in file.ignores {
      let name = format.prefix(.other) + rule.template.name([:])
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
          steps: [.madeAnew], tensors: [tensor]))
    }
    return entries
  }
}
