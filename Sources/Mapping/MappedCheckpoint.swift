package import Checkpoints
package import Files
package import Foundation
public import Tensors

/// A checkpoint under the runtime's parameter names, whatever names and layout its files have.
///
///     let checkpoint = try MappedCheckpoint.open("Qwen2-VL-2B-Instruct")
///     checkpoint.coverage.isExact                                      // true: every tensor has its place
///     try checkpoint.floats("vision.blocks.0.attention.key.weight")    // [1280, 1280], cut out of the fused qkv
///
/// Opening reads headers only. Parameters are made when they are asked for, from mapped bytes.
public struct MappedCheckpoint: Sendable {
  /// The path given, `hf://` resolved; with adapters `BASE+ADAPTER`.
  public let path: String
  /// The same that means the same from any folder.
  package let absolutePath: String
  /// Where `config.json`, processor and tokenizer files are.
  public let directory: String
  /// The small files of the model, with what a container says in their place.
  package let folder: ModelFolder
  package let configuration: ModelConfiguration
  /// What became of every tensor; exact unless `Options.requiringExactCoverage` was off.
  public let coverage: Coverage
  /// Every parameter there is, under the runtime's names: shapes `[out, in]` for linear layers, dtypes as stored.
  public let parameters: [String: TensorDescriptor]
  package let inventory: ParameterInventory
  /// What was chosen or is odd about the files.
  public let notices: [Notice]

  /// The source's `config.json`, byte for byte; of a runtime checkpoint, that of the source it was made from.
  package let sourceConfig: Data
  /// The same, parsed: whoever asks for more of it than `configuration` has, asks here.
  package let source: JSONValue
  /// What the folder says of its image processor.
  package let processor: Result<ProcessorFiles, VLMError>
  /// Whether the files hold the runtime's own layout.
  package let isRuntime: Bool
  /// Tensors under the names that `catalog` has for them, whatever wrappers put before.
  package let reader: any CheckpointReader
  /// How the weights are kept, where it is in few bits by another program.
  package let quantized: QuantizedReader?
  /// The families that were known on opening.
  package let catalog: FamilyCatalog
  /// Source tensors that were left out because the user said so.
  package let leftOut: [Coverage.Ignored]
  let mapping: FamilyMapping?
  let layouts: [String: TensorLayout]

  /// How tensors are taken where the files do not say it themselves.
  public struct Options: Sendable {
    /// Path of a family file to add to those compiled in.
    public var familyFile: String?
    /// Tensors to leave out.
    public var ignoring: [NamePick] = []
    /// What names begin with that is none of the model's, taken away in this order; empty: it is found.
    public var prefixes: [String] = []
    /// Folders of LoRA adapters, merged in this order.
    public var adapters: [String] = []
    /// Where the files are that `path` stands for, when that is no path; else found by itself.
    package var folder: String?
    /// Off, a checkpoint can be looked at whose tensors do not all have a place.
    public var requiringExactCoverage = true

    /// Everything is as the files say it.
    public init() {}
  }

  /// Opens a checkpoint.
  ///
  /// - Parameter path: a directory, a safetensors, Keras, TensorFlow, PyTorch or GGUF file, an index of one, or `hf://org/name[@revision]` in
  ///   the local hub cache (nothing is downloaded); `BASE+ADAPTER` merges a LoRA adapter's folder into it.
  /// - Throws: when files are missing or malformed, the family is unknown, or coverage is to be exact and is not.
  public static func open(_ path: String, _ options: Options = Options()) throws(VLMError) -> MappedCheckpoint
  {
    try open(path, options, catalog: catalog(adding: options.familyFile))
  }

  package static func catalog(adding familyFile: String?) throws(VLMError) -> FamilyCatalog {
    let builtIn = try FamilyCatalog.builtIn()
    guard let familyFile else { return builtIn }
    return try builtIn.adding(try FamilyFile(path: familyFile, parts: PartLibrary.builtIn()))
  }

  package static func open(
    _ path: String, _ options: Options = Options(), catalog: FamilyCatalog
  ) throws(VLMError) -> MappedCheckpoint {
    var (path, options) = (path, options)
    while let (base, adapter) = LoRAAdapter.parts(of: path) {
      path = base
      options.adapters.insert(adapter, at: 0)
    }
    if options.folder == nil { path = try HubCache.resolve(path) }
    let place = options.folder ?? path
    var isDirectory: ObjCBool = false
    let isFolder =
      FileManager.default.fileExists(atPath: place, isDirectory: &isDirectory) && isDirectory.boolValue
    let directory =
      isFolder ? place : URL(filePath: place).deletingLastPathComponent().path(percentEncoded: false)
    let reader = try Checkpoint.open(place)
    return try MappedCheckpoint(
      path: path, directory: directory, reader: reader, configFile: ConfigFile.path(in: directory),
      folderNotices: isFolder ? try WeightSets.notices(in: place, reading: reader) : [], options: options,
      catalog: catalog)
  }

  init(
    path: String, directory: String, reader files: any CheckpointReader, configFile: String,
    folderNotices: [Notice] = [], options: Options = Options(), catalog: FamilyCatalog
  ) throws(VLMError) {
    let configFile = files.settings == nil ? configFile : files.files[0]
    var config: ConfigFile
    if let settings = files.settings {
      config = ConfigFile(settings)
    } else {
      config = try ConfigFile(reading: configFile)
    }
    var decoded = files as? QuantizedReader
    if let settings = try config.takeQuantization(file: configFile) {
      decoded = try QuantizedReader(files, settings, dtype: config.source.modelDType, configFile: configFile)
    }
    quantized = decoded?.kinds.isEmpty == true ? nil : decoded
    let stored: any CheckpointReader = decoded ?? files
    let adapters = try options.adapters.map { (path) throws(VLMError) in
      try LoRAAdapter(HubCache.resolve(path))
    }
    var selection = try TensorSelection(stored, options, file: path)
    let mapped: (layouts: [String: TensorLayout], coverage: Coverage)
    if let runtime = config.runtime {
      configuration = runtime
      inventory = ParameterInventory(runtime)
      mapping = catalog["\(runtime.family).\(runtime.dialect)"].map { FamilyMapping($0, runtime) }
      if let adapter = adapters.first {
        throw VLMError(
          .adapterForeign,
          "an adapter is merged into the public checkpoint, and \(path) is in the runtime's layout",
          file: adapter.directory, remedy: "give the checkpoint that this one was converted from")
      }
      reader = selection.reader
      mapped = RuntimeMapping(runtime, inventory).apply(reader.tensors)
    } else {
      try Self.refuseCodes(selection.tensors, path, besideOthers: quantized != nil)
      let detected = try catalog.detect(
        config.value, tensors: selection.tensors, names: selection.names, mayRename: options.prefixes.isEmpty,
        file: configFile)
      selection.names = detected.names
      let file = detected.file
      var resolved = try catalog.configuration(
        of: file, config: config.value, tensors: Set(selection.names.plain), path: configFile)
      resolved.policy = PolicyConfiguration(selection.tensors, names: selection.names)
      let familyMapping = FamilyMapping(file, resolved)
      configuration = resolved
      inventory = familyMapping.inventory
      mapping = familyMapping
      var adapted = selection.reader
      for adapter in adapters {
        let names = AdapterNames(
          familyMapping, catalog, tensors: adapted.tensors.map(\.name), prefixes: options.prefixes)
        adapted = try AdaptedReader(adapted, adapter, names: names.names(of: adapter))
      }
      reader = adapted
      mapped = familyMapping.apply(reader.tensors)
    }
    let parts = [path] + adapters.map(\.directory)
    self.path = parts.joined(separator: "+")
    absolutePath = parts.map { URL(filePath: $0).standardizedFileURL.path(percentEncoded: false) }.joined(
      separator: "+")
    self.directory = directory
    let folder = ModelFolder(directory, standIns: files.standIns)
    self.folder = folder
    self.catalog = catalog
    leftOut = selection.leftOut
    sourceConfig = config.sourceBytes
    source = config.source
    processor = Result { () throws(VLMError) in try ProcessorFiles(folder) }
    notices =
      selection.notices(isRuntime: config.runtime != nil) + folderNotices + stored.notices
      + adapters.flatMap { $0.notices + [Self.notice(of: $0, path)] }
      + SettingConflicts.notices(config.source, resolved: configuration, file: configFile)
      + Self.notices(processor) + Self.notices(ofHead: configuration, mapped.layouts, file: configFile)
    isRuntime = config.runtime != nil
    let dtypes = Dictionary(uniqueKeysWithValues: reader.tensors.map { ($0.name, $0.dtype) })
    var coverage = mapped.coverage
    layouts = mapped.layouts
    parameters = Self.descriptors(of: mapped.layouts, dtypes, &coverage)
    self.coverage = coverage
    if options.requiringExactCoverage { try requireExactCoverage() }
  }

  /// - Throws: the first tensor that has no place, or parameter that nothing fills, with the number of the others.
  public func requireExactCoverage() throws(VLMError) {
    if let error = coverage.error(file: path) { throw error }
  }

  /// The library whose files its names are of, or were of before it became a runtime checkpoint.
  var library: String { mapping?.file.library ?? FamilyFile.standardLibrary }

  /// The library whose `config.json`, tokenizer and processors are beside it.
  var filesLibrary: String { mapping.map { catalog.filesLibrary(of: $0.file) } ?? FamilyFile.standardLibrary }

  package var standardProcessors: ProcessorClasses {
    mapping.map { catalog.processors(of: $0.file) } ?? .init()
  }

  private static func notices(_ processor: Result<ProcessorFiles, VLMError>) -> [Notice] {
    switch processor {
    case .success(let files): files.notices
    case .failure(let error): [Notice(.warning, error.message, file: error.file ?? "", remedy: error.remedy)]
    }
  }

  private static func notice(of adapter: LoRAAdapter, _ path: String) -> Notice {
    let base = adapter.base.map { ", trained on \($0)" } ?? ""
    return Notice(
      .note, "an adapter\(base), is merged into \(adapter.tensors.count) tensors of \(path)",
      file: adapter.directory)
  }

  /// transformers since 5 ties only what is not stored.
  private static func notices(
    ofHead configuration: ModelConfiguration, _ layouts: [String: TensorLayout], file: String
  ) -> [Notice] {
    guard configuration.language?.hasHead == true, configuration.language?.tiedEmbeddings == true,
      layouts["language.head.weight"] != nil
    else { return [] }
    return [
      Notice(
        .note,
        "ties the head to the token embedding, but a head is stored: the stored one is used, as in transformers 5",
        file: file)
    ]
  }

  /// Codes mean something only with the scales that go with them, which a file has names of its own for.
  ///
  /// - Parameter besideOthers: whether other weights have theirs, so that integers are codes too.
  private static func refuseCodes(_ tensors: [TensorDescriptor], _ file: String, besideOthers: Bool)
    throws(VLMError)
  {
    let codes = tensors.filter {
      $0.dtype.rawValue.hasPrefix("F8_")
        || besideOthers && [.i8, .u8, .i32].contains($0.dtype) && $0.name.hasSuffix(".weight")
    }
    guard let first = codes.first else { return }
    throw VLMError(
      .configQuantized,
      "is \(first.dtype.rawValue) without scales\(codes.count > 1 ? ", as are \(codes.count - 1) others" : ""): such weights cannot be read as they are",
      file: file, tensor: first.name,
      remedy:
        "give the bf16 checkpoint that it was made from, or one that says in config.json how it was quantized"
    )
  }

  private static func descriptors(
    of layouts: [String: TensorLayout], _ dtypes: [String: DType], _ coverage: inout Coverage
  ) -> [String: TensorDescriptor] {
    var parameters: [String: TensorDescriptor] = [:]
    for (name, layout) in layouts {
      let found = Set(layout.sources.compactMap { dtypes[$0] })
      guard let dtype = found.first, let shape = Shape(validating: layout.shape),
        found.count == 1, dtype.bits % 8 == 0 || layout.contiguous != nil, shape.byteCount(of: dtype) != nil
      else {
        let kinds = found.map(\.rawValue).sorted().joined(separator: " and ")
        coverage.mismatches.append(
          Coverage.Defect(
            name: layout.sources[0],
            message: found.count > 1
              ? "\(kinds) tensors are joined in `\(name)`"
              : "\(kinds) elements do not fill whole bytes in `\(name)`"))
        continue
      }
      parameters[name] = TensorDescriptor(name: name, dtype: dtype, shape: shape)
    }
    coverage.mismatches.sort { $0.name < $1.name }
    return parameters
  }

  /// What is read from: its directory and its files, wherever links lead.
  package var inputs: InputPaths {
    InputPaths(folders: [directory], files: reader.files)
  }

  /// Names what is read as it stands on the disk, without reading it: the files of tensors, and the settings, tokenizer and chat
  /// template beside them.
  package var fileState: String {
    let small = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).sorted().filter {
      name in
      ["json", "jinja", "model", "txt"].contains { name.hasSuffix("." + $0) }
    }
    let hash = SHA256()
    hash.update(Checkpoint.identity(of: reader))
    for name in small { hash.update(stateOf: directory + "/" + name) }
    return hash.finish()
  }

  package func shape(of parameter: String) -> Shape? { parameters[parameter]?.shape }

  /// What a parameter is called in the hub's names: the tensors it is made of, or, in the runtime's own layout, those of the
  /// checkpoint it was converted from.
  package func publicNames(of parameter: String) -> [String] {
    guard isRuntime else { return layouts[parameter]?.sources ?? [] }
    return mapping?.sourceNames(ofParameter: parameter) ?? []
  }

  func layout(of parameter: String) throws(VLMError) -> (TensorLayout, TensorDescriptor) {
    guard let layout = layouts[parameter], let descriptor = parameters[parameter] else {
      throw VLMError(
        .parameterUnknown, "the checkpoint has no such parameter", file: path, tensor: parameter,
        remedy: NearestNames.suggestion(for: parameter, among: parameters.keys))
    }
    return (layout, descriptor)
  }
}
