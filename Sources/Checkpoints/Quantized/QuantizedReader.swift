package import Files
package import Tensors

/// A checkpoint whose weights are kept as codes and scales, read as the floats that they stand for.
///
/// They are what the library that wrote them makes of them, to the last bit; a few rows at a time. Names are those of the plain model:
/// `X.weight`, whatever tensors there are in the files for it.
package struct QuantizedReader: CheckpointReader {
  /// The tensors as they are in the files.
  package let stored: any CheckpointReader
  package let tensors: [TensorDescriptor]
  package let notices: [Notice]
  /// What `quant_method` says, and a format where it has several: `compressed-tensors, int-quantized`.
  package let method: String
  /// How many tensors are kept in each way: `int8, one scale a channel`.
  package let kinds: [String: Int]
  /// By the name that it is read under.
  private let quantized: [String: QuantizedTensor]
  private let configFile: String?

  /// Bytes of f32 that are worked on at once.
  private static let blockBytes = 16 << 20

  /// - Parameters:
  ///   - settings: `quantization_config` of a `config.json`.
  ///   - dtype: what the model's weights are to be; `nil`: what those are that are not quantized, or else what the library makes of them.
  /// - Throws: `checkpoints.quantized.unsupported` for a way of keeping weights that is not known here, `checkpoints.quantized.malformed`
  ///   for settings and tensors that do not go together.
  package init(_ stored: any CheckpointReader, _ settings: JSONValue, dtype: DType?, configFile: String)
    throws(VLMError)
  {
    let settings = try QuantizationSettings(settings, file: configFile)
    let method = try QuantizationMethods.method(settings)
    var (weights, used, dropped):
      ([(module: QuantizedModule, weight: QuantizedWeight)], Set<String>, [String: Int]) = ([], [], [:])
    for module in QuantizedModules(stored, parts: method.parts, bare: method.bareParts).all {
      if let weight = try method.weight(of: module) {
        weights.append((module, weight))
        used.formUnion(weight.stored.parts)
      }
      used.formUnion(method.consumed.compactMap { module[$0]?.name })
      for (part, reason) in method.dropped {
        guard let tensor = module[part] else { continue }
        used.insert(tensor.name)
        dropped["\(part) (\(reason))", default: 0] += 1
      }
    }
    let plain = stored.tensors.filter { !used.contains($0.name) }
    let others = Set(plain.map(\.dtype)).intersection([.f32, .bf16, .f16])
    let dtype = dtype ?? (others.count == 1 ? others.first : nil)
    var (quantized, kinds): ([String: QuantizedTensor], [String: Int]) = ([:], [:])
    for (module, weight) in weights {
      let target = method.hasOwnDType ? weight.dtype : dtype ?? weight.dtype
      guard let shape = Shape(validating: weight.shape), shape.byteCount(of: target) != nil else {
        throw module.malformed("its shape would be \(weight.shape)")
      }
      let name = module.name.isEmpty ? "weight" : module.name + ".weight"
      quantized[name] = QuantizedTensor(
        descriptor: TensorDescriptor(name: name, dtype: target, shape: shape), weight: weight.stored, inputs: weight.inputs)
      kinds[weight.stored.description, default: 0] += 1
    }
    if let twice = plain.first(where: { quantized[$0.name] != nil }) {
      throw VLMError(
        .quantizedMalformed, "is there in floats and in codes", file: stored.file(of: twice.name),
        tensor: twice.name,
        remedy: "get the checkpoint again")
    }
    tensors = (plain + quantized.values.map(\.descriptor)).sorted { $0.name < $1.name }
    self.stored = stored
    self.quantized = quantized
    self.kinds = kinds
    self.method = method.title
    self.configFile = configFile
    notices = stored.notices + Self.notices(method.title, kinds, quantized, dropped, file: configFile)
  }

  /// - Parameters:
  ///   - title: of the container that says by itself how its weights are kept.
  ///   - weights: tensors of `stored`, under the same names.
  init(_ stored: any CheckpointReader, _ title: String, _ weights: [QuantizedTensor]) {
    let quantized = Dictionary(uniqueKeysWithValues: weights.map { ($0.descriptor.name, $0) })
    let kinds = weights.filter { !($0.weight is WidenedFloats) }.reduce(into: [String: Int]()) {
      $0[$1.weight.description, default: 0] += 1
    }
    tensors = stored.tensors.map { quantized[$0.name]?.descriptor ?? $0 }
    self.stored = stored
    self.quantized = quantized
    self.kinds = kinds
    method = title
    configFile = nil
    let counted = quantized.filter { !($0.value.weight is WidenedFloats) }
    notices =
      stored.notices
      + (counted.isEmpty ? [] : Self.notices(title, kinds, counted, [:], file: stored.files[0]))
  }

  private static func notices(
    _ title: String, _ kinds: [String: Int], _ quantized: [String: QuantizedTensor], _ dropped: [String: Int],
    file: String
  ) -> [Notice] {
    let dtypes = Set(quantized.values.map(\.descriptor.dtype.rawValue)).sorted().joined(separator: " and ")
    let list = kinds.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($1) \($0)" }.joined(
      separator: "; ")
    let whole =
      quantized.isEmpty
      ? "the weights are said to be quantized (\(title)), and none is"
      : "\(quantized.count) weights are quantized (\(title): \(list)) and read as \(dtypes)"
    let rest = dropped.sorted { $0.key < $1.key }.map { "\($1) \($0)" }.joined(separator: ", ")
    let inputs = quantized.values.compactMap(\.inputs?.kind).reduce(into: [:]) { $0[$1, default: 0] += 1 }
      .map { $0.notice(layers: $1) }.sorted()
    return [Notice(quantized.isEmpty ? .warning : .note, whole, file: file)]
      + inputs.map { Notice(.note, $0, file: file) }
      + (dropped.isEmpty ? [] : [Notice(.note, "not read: \(rest)", file: file)])
  }

  /// How what comes into the layer of a weight is rounded; `nil`: not at all.
  package func inputRounding(of weight: String) -> InputRounding? { quantized[weight]?.inputs }

  package var files: [String] { [configFile].compactMap(\.self) + stored.files }
  package var settings: JSONValue? { stored.settings }
  package var standIns: (any StandIns)? { stored.standIns }

  package func file(of name: String) -> String { stored.file(of: quantized[name]?.weight.parts[0] ?? name) }

  /// Bytes of the tensors in the files.
  package var storedByteCount: Int { stored.tensors.reduce(0) { $0 + $1.byteCount } }

  package func withBytes<R>(of name: String, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    guard let tensor = quantized[name]?.descriptor else { return try stored.withBytes(of: name, body) }
    return try withBytesRead(of: name, tensor.byteCount, body)
  }

  package func readBytes(
    of name: String, _ range: Range<Int>, into destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) {
    guard let tensor = quantized[name] else {
      return try stored.readBytes(of: name, range, into: destination)
    }
    guard !range.isEmpty else { return }
    let result: Result<Void, any Error> = Result {
      try withBytes(of: tensor.weight.parts[...]) { parts in try decode(tensor, parts, range, destination) }
    }
    do { try result.get() } catch let error as VLMError { throw error } catch {
      throw VLMError(.quantizedMalformed, "cannot be read", file: file(of: name), tensor: name, cause: error)
    }
  }

  private func withBytes(of names: ArraySlice<String>, _ body: ([UnsafeRawBufferPointer]) throws -> Void)
    throws
  {
    guard let first = names.first else { return try body([]) }
    try stored.withBytes(of: first) { bytes in try withBytes(of: names.dropFirst()) { try body([bytes] + $0) }
    }
  }

  /// Writes the bytes of `range`, out of whole rows.
  private func decode(
    _ tensor: QuantizedTensor, _ parts: [UnsafeRawBufferPointer], _ range: Range<Int>,
    _ destination: UnsafeMutableRawBufferPointer
  ) throws(VLMError) {
    let (descriptor, weight, kernels) = (tensor.descriptor, tensor.weight, Kernels.active)
    let (unit, size) = (weight.unit, descriptor.dtype.bits / 8)
    let unitBytes = unit * size
    let units = range.lowerBound / unitBytes..<(range.upperBound + unitBytes - 1) / unitBytes
    let most = min(units.count, max(1, Self.blockBytes / (4 * unit)))
    let values = UnsafeMutableBufferPointer<Float>.allocate(capacity: most * unit)
    let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: most * unitBytes, alignment: 64)
    defer {
      values.deallocate()
      bytes.deallocate()
    }
    for first in stride(from: units.lowerBound, to: units.upperBound, by: most) {
      let block = first..<min(first + most, units.upperBound)
      let floats = UnsafeMutableBufferPointer(rebasing: values[..<(block.count * unit)])
      do throws(StoredWeightFault) {
        try weight.decode(block, parts, into: floats.baseAddress!)
      } catch {
        throw VLMError(
          .quantizedMalformed, error.message, file: stored.file(of: error.part), tensor: error.part,
          remedy: "get the checkpoint again")
      }
      if let fault = Finiteness.firstFault(in: floats.baseAddress!, count: floats.count) {
        throw VLMError(
          .quantizedMalformed,
          "element \(block.lowerBound * unit + fault) comes out as \(Finiteness.word(floats[fault])): its code or its scale is no number",
          file: file(of: descriptor.name), tensor: descriptor.name,
          remedy: "get the checkpoint again, or quantize the model again")
      }
      if weight.precision != descriptor.dtype { kernels.round(floats, as: weight.precision) }
      let here = block.lowerBound * unitBytes..<block.upperBound * unitBytes
      let part = UnsafeMutableRawBufferPointer(rebasing: bytes[..<here.count])
      kernels.convert(UnsafeBufferPointer(floats), to: descriptor.dtype, in: part)
      let wanted = here.clamped(to: range)
      UnsafeMutableRawBufferPointer(
        rebasing: destination[(wanted.lowerBound - range.lowerBound)..<(wanted.upperBound - range.lowerBound)]
      )
      .copyMemory(
        from: UnsafeRawBufferPointer(
          rebasing: part[(wanted.lowerBound - here.lowerBound)..<(wanted.upperBound - here.lowerBound)]))
    }
  }
}
