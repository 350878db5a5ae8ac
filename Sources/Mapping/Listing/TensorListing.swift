internal import Checkpoints
internal import Foundation
internal import Tensors

/// The tensors of a checkpoint or of any file that has some: what `vlmtool inspect` lists.
///
/// Encodes as JSON with these field names.
public struct TensorListing: Codable, Sendable {
  /// Tensors whose names differ in indexes only.
  package struct Group: Codable, Sendable, Equatable {
    /// `model.layers.{0-27}.mlp.up_proj.weight`
    package let name: String
    package let tensors: Int
    /// Extents, outermost first; where members differ the smallest and the largest: `98-153`.
    package let shape: [String]
    package let dtype: String
    package let bytes: Int
  }

  /// What stands below one part of the names.
  package struct Part: Codable, Sendable, Equatable {
    package let name: String
    package let tensors: Int
    package let parameters: Int
    package let bytes: Int
    /// Elements by dtype.
    package let dtypes: [String: Int]
  }

  /// A tensor by itself.
  public struct Tensor: Codable, Sendable, Equatable {
    /// As the file has it.
    public let name: String
    /// As its container spells it: `BF16`, `float16`, `Q4_K`.
    public let dtype: String
    /// Extents, outermost first.
    public let shape: [Int]
    /// Bytes of its data.
    public let bytes: Int
    /// The file that holds it.
    public let path: String
    /// The runtime's parameters that it fills; absent where the family is not known.
    public let parameters: [String]?
    package let component: ModelComponent?
    /// With `--statistics`, for numbers.
    package var statistics: TensorStatistics?
  }

  /// As it was given, `hf://` resolved.
  public let path: String
  /// `safetensors`, `HDF5`, `GGUF` or `PyTorch`.
  public let container: String
  /// Why no family is known, and what would help; absent when one is.
  public let unmapped: String?
  /// Number of tensors.
  public let count: Int
  /// Elements of all tensors.
  public let parameters: Int
  /// Bytes of all tensors.
  public let bytes: Int
  /// Elements by dtype.
  package let dtypes: [String: Int]
  package let files: [CheckpointSummary.Shard]
  package let parts: [Part]
  package let groups: [Group]
  package let metadata: [String: String]
  package let notes: [String]
  /// Where they are asked for, those that `Inspection.Options.selecting` picks, in order of name.
  public package(set) var tensors: [Tensor]?
  /// With `--statistics`.
  package var findings: TensorFindings?
}

extension TensorListing {
  /// - Parameter unmapped: why no family is known.
  init(_ source: any TensorSource, path: String, unmapped: String?) {
    self.path = path
    container = source.container
    self.unmapped = unmapped
    let listed = source.tensors
    count = listed.count
    parameters = listed.reduce(0) { $0 + $1.elementCount }
    bytes = listed.reduce(0) { $0 + $1.byteCount }
    dtypes = Self.dtypes(listed)
    files = Dictionary(grouping: listed, by: \.file).map { file, tensors in
      CheckpointSummary.Shard(
        file: URL(filePath: file).lastPathComponent, tensors: tensors.count,
        bytes: tensors.reduce(0) { $0 + $1.byteCount })
    }.sorted { $0.file < $1.file }
    parts = Self.parts(listed)
    groups = Self.groups(listed)
    metadata = source.metadata
    notes = source.notes
  }

  /// Every tensor that `selecting` picks by one of its names, with its place in the source.
  static func entries(
    _ source: any TensorSource, of checkpoint: MappedCheckpoint?, _ selecting: NamePick?
  ) -> [(position: Int, tensor: Tensor)] {
    let renamed = checkpoint?.reader as? any StoredNames
    var claims: [String: [String]] = [:]
    for claim in checkpoint?.coverage.claims ?? [] {
      for name in claim.sources { claims[renamed?.storedName(name) ?? name, default: []] += claim.parameters }
    }
    return source.tensors.enumerated().compactMap { position, tensor in
      let parameters = claims[tensor.name]
      let names = [tensor.name] + (parameters ?? [])
      guard selecting.map({ names.contains(where: $0.matches) }) ?? true else { return nil }
      return (
        position,
        Tensor(
          name: tensor.name, dtype: tensor.type, shape: tensor.shape.dimensions, bytes: tensor.byteCount,
          path: tensor.file, parameters: parameters,
          component: parameters.flatMap { checkpoint?.inventory[$0[0]]?.component })
      )
    }
  }

  private static func dtypes(_ tensors: [ListedTensor]) -> [String: Int] {
    tensors.reduce(into: [:]) { $0[$1.type, default: 0] += $1.elementCount }
  }

  // MARK: Parts

  /// More parts than this are no overview.
  private static let mostParts = 12

  /// The module tree cut where it says something: parts that hold most of all bytes are opened, lists of layers are not.
  private static func parts(_ tensors: [ListedTensor]) -> [Part] {
    let all = tensors.reduce(0) { $0 + $1.byteCount }
    var cut: [(name: String, tensors: [ListedTensor])] = children("", tensors)
    var closed: Set<String> = []
    while let place = cut.indices.first(where: { index in
      !closed.contains(cut[index].name) && cut[index].tensors.reduce(0) { $0 + $1.byteCount } * 3 > all
    }) {
      let inner = children(cut[place].name, cut[place].tensors)
      let isList = inner.contains {
        !NameFolding($0.name).indexes.isEmpty && NameFolding(cut[place].name).indexes.isEmpty
      }
      if isList || inner.count + cut.count - 1 > mostParts || inner.map(\.name) == [cut[place].name] {
        closed.insert(cut[place].name)
      } else {
        cut.replaceSubrange(place...place, with: inner)
      }
    }
    guard cut.count <= mostParts else { return [] }
    return cut.map { name, tensors in
      Part(
        name: name, tensors: tensors.count, parameters: tensors.reduce(0) { $0 + $1.elementCount },
        bytes: tensors.reduce(0) { $0 + $1.byteCount }, dtypes: dtypes(tensors))
    }
  }

  /// The parts one level below `name`, in order of name.
  private static func children(
    _ name: String, _ tensors: [ListedTensor]
  ) -> [(name: String, tensors: [ListedTensor])] {
    var found: [(name: String, tensors: [ListedTensor])] = []
    let known = name.utf8.count
    for tensor in tensors {
      let rest = tensor.name.utf8.dropFirst(known == 0 ? 0 : known + 1)
      let end = rest.firstIndex { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") } ?? rest.endIndex
      let child = String(tensor.name[..<end])
      if found.last?.name == child {
        found[found.count - 1].tensors.append(tensor)
      } else {
        found.append((child, [tensor]))
      }
    }
    return found
  }

  // MARK: Groups

  private struct Key: Hashable {
    let template: NameFolding.Template
    let dtype: String
    let rank: Int
  }

  /// Shapes that one template may have before its members are taken together whatever their extents.
  private static let mostShapes = 4

  private static func groups(_ tensors: [ListedTensor]) -> [Group] {
    let foldings = tensors.map { NameFolding($0.name) }
    var places: [Key: Int] = [:]
    var members: [[Int]] = []
    for (position, tensor) in tensors.enumerated() {
      let key = Key(template: foldings[position].template, dtype: tensor.type, rank: tensor.shape.rank)
      if let place = places[key] {
        members[place].append(position)
      } else {
        places[key] = members.count
        members.append([position])
      }
    }
    let groups = members.flatMap { positions -> [(first: Int, group: Group)] in
      let byShape = Dictionary(grouping: positions) { tensors[$0].shape }
      let alike = byShape.count > mostShapes ? [positions] : byShape.values.map { $0 }
      return alike.flatMap { positions in
        NameFolding.lines(foldings[positions[0]].template, positions.map { foldings[$0].indexes }).map {
          line in
          let own = line.members.map { tensors[positions[$0]] }
          let group = Group(
            name: line.name, tensors: own.count, shape: extents(own.map(\.shape)), dtype: own[0].type,
            bytes: own.reduce(0) { $0 + $1.byteCount })
          return (positions[line.members[0]], group)
        }
      }
    }
    return groups.sorted { $0.first < $1.first }.map(\.group)
  }

  private static func extents(_ shapes: [Shape]) -> [String] {
    (0..<shapes[0].rank).map { axis in
      let all = shapes.map { $0[axis] }
      let (least, most) = (all.min()!, all.max()!)
      return least == most ? "\(least)" : "\(least)-\(most)"
    }
  }
}

extension ListedTensor {
  /// Elements; mere bytes have none that could be counted.
  fileprivate var elementCount: Int { type == "bytes" ? 0 : shape.count }
}
