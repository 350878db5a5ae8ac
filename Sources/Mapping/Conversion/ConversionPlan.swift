package import Checkpoints
internal import Files
package import Foundation
package import Tensors

/// Everything that a conversion will write, settled from headers before any work starts.
///
///     var plan = try ConversionPlan(of: checkpoint, to: .runtime)
///     for index in plan.entries.indices where plan.entries[index].role == .linear {
///       plan.entries[index].tensors = quantized(plan.entries[index].tensors[0])     // what quantizing does
///     }
///     try Conversion.run(plan, options)
package struct ConversionPlan: Sendable {
  package let source: MappedCheckpoint
  package let format: OutputFormat
  /// `family.dialect` of the names written or read.
  package let family: FamilyFile?
  /// In the order in which they are written.
  package var entries: [ConversionEntry]
  /// What a runtime checkpoint's `config.json` is to hold; set its quantization when entries are replaced.
  package var configuration: ModelConfiguration
  /// The public `config.json`: goes inside the runtime's, or out again as it was.
  package var publicConfig: Data
  package let companions: CompanionFiles
  /// Source tensors that are not in the output, and why.
  package private(set) var dropped: [Coverage.Ignored] = []
  /// Things the user should know before any work starts.
  package var notes: [String] = []

  /// - Parameter dialect: whose names are written; `nil` is the one that the checkpoint came in, or the family's first of
  ///   the format's library.
  /// - Throws: `VLMError` when the checkpoint is quantized and is to go back, the dialect is unknown, or a
  ///   parameter has no way back.
  package init(
    of source: MappedCheckpoint, to format: OutputFormat, dialect: String? = nil, catalog: FamilyCatalog
  ) throws(VLMError) {
    try self.init(
      of: source, to: format, dialect: dialect, catalog: catalog,
      companions: try CompanionFiles(
        in: source.folder, weights: Set(source.reader.tensors.map { source.reader.file(of: $0.name) }),
        copying: format.copiesCompanions && (source.isRuntime || Self.isBesideTransformersFiles(source.filesLibrary))
      ))
  }

  init(
    of source: MappedCheckpoint, to format: OutputFormat, dialect: String? = nil, catalog: FamilyCatalog,
    companions: CompanionFiles
  ) throws(VLMError) {
    self.source = source
    self.format = format
    configuration = source.configuration
    publicConfig = source.sourceConfig
    self.companions = companions
    let descriptors = Dictionary(uniqueKeysWithValues: source.reader.tensors.map { ($0.name, $0) })
    if let library = format.library {
      let file = try Self.family(source, format, called: library.title, dialect, catalog)
      family = file
      configuration.dialect = file.dialect
      publicConfig = try Self.publicConfig(source, file, catalog)
      notes = try Self.caveats(source, file) + Self.otherName(source, file, catalog)
      entries = try Self.publicEntries(source, format, file, descriptors)
    } else {
      family = source.mapping?.file
      entries = Self.runtimeEntries(source, descriptors)
    }
    addCarried(descriptors)
    if !format.isRuntime, let family {
      let there = Set(entries.map(\.name))
      let dtype = entries.first?.tensors.first?.descriptor.dtype ?? .f32
      entries += try Self.madeAnew(source, format, family, dtype: dtype).filter { !there.contains($0.name) }
    }
    entries = entries.map(format.stored)
    let written = format.isRuntime ? nil : family.map(catalog.filesLibrary)
    let foreign = [written, source.filesLibrary].compactMap(\.self).first { !Self.isBesideTransformersFiles($0) }
    if let foreign {
      let title =
        ([format] + OutputFormat.all).compactMap(\.library).first { $0.name == foreign }?.title ?? foreign
      notes.append(
        "Tokenizer and preprocessor are not converted between \(title) and transformers; add the other library's own."
      )
    } else if !companions.made.isEmpty {
      notes.append(
        "\(companions.made.joined(separator: ", ")) are made from the metadata, which leave out what llama.cpp does not need; the model's own "
          + "are better.")
    }
  }

  /// Whether tokenizer and processor files of transformers stand beside the weights of a library, or can.
  private static func isBesideTransformersFiles(_ library: String) -> Bool {
    [FamilyFile.standardLibrary, OutputFormat.gguf.library?.name].contains(library)
  }

  // MARK: Runtime layout

  private static func runtimeEntries(
    _ source: MappedCheckpoint, _ descriptors: [String: TensorDescriptor]
  ) -> [ConversionEntry] {
    var transforms: [String: [Transform]] = [:]
    for claim in source.coverage.claims {
      for parameter in claim.parameters { transforms[parameter] = claim.transforms }
    }
    return source.inventory.parameters.flatMap { parameter in
      // A weight's scale follows the weight.
      [parameter.name, ScaledCodes.scaleName(of: parameter.name)].compactMap { name in
        guard let layout = source.layouts[name], let descriptor = source.parameters[name] else { return nil }
        return ConversionEntry(
          name: name, parameters: [name], component: parameter.component,
          role: name == parameter.name ? parameter.role : .scalar, sources: layout.sources,
          file: source.reader.file(of: layout.sources[0]),
          steps: (transforms[name] ?? []).map { .transform($0) },
          tensors: [.gathered(layout, as: descriptor, from: source.reader, sources: descriptors)])
      }
    }
  }

  // MARK: Public layout

  private static func publicEntries(
    _ source: MappedCheckpoint, _ format: OutputFormat, _ file: FamilyFile,
    _ descriptors: [String: TensorDescriptor]
  ) throws(VLMError) -> [ConversionEntry] {
    var entries: [ConversionEntry] = []
    if let needed = format.needs, !source.inventory.parameters.contains(where: { $0.component == needed }) {
      throw VLMError(
        .conversionDialect,
        "there is no \(needed.rawValue) in the checkpoint, which \(format.name) is the layout of",
        file: source.path,
        remedy: "write it with --to hf")
    }
    for (claim, layouts) in try FamilyMapping(file, source.configuration).invert(source.layouts) {
      let specification = source.inventory[claim.parameters[0]]
      let component = specification?.component ?? .other
      for (name, layout) in zip(claim.sources.map({ format.prefix(component) + $0 }), layouts) {
        let dtypes = Set(layout.sources.compactMap { descriptors[$0]?.dtype })
        guard dtypes.count == 1, let dtype = dtypes.first, let shape = Shape(validating: layout.shape) else {
          throw VLMError(
            .coverageTransform, "is made of tensors of several dtypes", file: source.path, tensor: name)
        }
        let descriptor = TensorDescriptor(name: name, dtype: dtype, shape: shape)
        entries.append(
          ConversionEntry(
            name: name, parameters: claim.parameters, component: component,
            role: specification?.role, sources: layout.sources,
            file: source.reader.file(of: layout.sources[0]),
            steps: claim.transforms.isEmpty ? [] : [.undo(claim.transforms)],
            tensors: [.gathered(layout, as: descriptor, from: source.reader, sources: descriptors)]))
      }
    }
    return entries
  }

  // MARK: Tensors that nothing uses

  /// Ignored source tensors go along under `source.`, and return under their own names in their own dialect.
  private mutating func addCarried(_ descriptors: [String: TensorDescriptor]) {
    let prefix = RuntimeMapping.carriedPrefix
    let sameDialect = configuration.dialect == source.configuration.dialect
    dropped += source.leftOut
    for ignored in source.coverage.ignored {
      guard let descriptor = descriptors[ignored.tensor] else { continue }
      let plain = source.isRuntime ? String(ignored.tensor.dropFirst(prefix.count)) : ignored.tensor
      let name: String
      if format.isRuntime {
        name = prefix + plain
      } else if sameDialect {
        name = format.prefix(.other) + plain
      } else {
        dropped.append(Coverage.Ignored(tensor: plain, reason: "has no name in \(configuration.dialect)"))
        continue
      }
      entries.append(
        ConversionEntry(
          name: name, parameters: [], component: .other, role: nil, sources: [ignored.tensor],
          file: source.reader.file(of: ignored.tensor), steps: [.carried],
          tensors: [.copy(of: descriptor, from: source.reader, as: name)]))
    }
  }

  // MARK: Writing

  /// All tensors, in the order in which they are written.
  package var tensors: [PlannedTensor] { entries.flatMap(\.tensors) }

  /// Source tensors whose hash no output tensor gives.
  package var hashedSources: [SourceTensor] {
    var known: Set<String> = []
    for entry in entries where entry.sources.count == 1 {
      for tensor in entry.tensors {
        if case .none = tensor.sourceHash { continue }
        known.insert(entry.sources[0])
      }
    }
    let wanted = Set(entries.flatMap(\.sources)).subtracting(known)
    return source.reader.tensors.filter { wanted.contains($0.name) }.map {
      SourceTensor($0, in: source.reader)
    }
  }

  /// The files beside the weights that are made anew.
  package var madeFiles: [OutputFormat.MadeFile] { format.madeFiles(self) }
}
