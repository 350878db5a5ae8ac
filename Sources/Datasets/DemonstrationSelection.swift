internal import Tensors

/// A demonstration that is not used without anybody having asked for that, and why.
package struct LeftOut: Sendable, Equatable {
  package let file: String
  /// `/data/demo_3`.
  package let group: String
  /// What it lacks.
  package let lacks: String
}

/// Which demonstrations of some files are taken.
struct DemonstrationSelection {
  /// In the order of files and numbers.
  private(set) var layouts: [Layout] = []
  private(set) var leftOut: [LeftOut] = []
  private var exclusions: Set<String>

  /// Those that the mask keeps and nobody excluded. One without actions is left out; so is one without states where
  /// others have them, since it would take the ceiling, and with it the verdict, from all.
  init(_ files: [any ArrayFile], path: String, options: DemonstrationOptions) throws(VLMError) {
    exclusions = Set(options.excluded)
    for (index, file) in files.enumerated() { try add(file, index, options) }
    if let unknown = options.excluded.first(where: exclusions.contains) {
      throw VLMError(
        .datasetMask, "there is no demonstration \(unknown) to exclude", file: path,
        remedy: "write demo_3, or FILE:demo_3 for one of several files")
    }
    if layouts.contains(where: \.hasStates) {
      leftOut += layouts.filter { !$0.hasStates }.map {
        LeftOut(file: files[$0.file].path, group: $0.group, lacks: "states, which others have")
      }
      layouts.removeAll { !$0.hasStates }
    }
    guard !layouts.isEmpty else {
      throw VLMError(
        .datasetEmpty, "there is no demonstration in it", file: path,
        remedy: "check the path, the mask and what is excluded")
    }
  }

  private mutating func add(
    _ file: any ArrayFile, _ index: Int, _ options: DemonstrationOptions
  ) throws(VLMError) {
    guard let members = try file.members(of: "/data") else {
      let root = try file.members(of: "/") ?? []
      throw VLMError(
        .datasetKeyMissing, "there is no group /data, so these are no LIBERO or robomimic demonstrations",
        file: file.path, remedy: "it holds \(list(root))")
    }
    var parts: [String: [String]] = [:]
    for name in members { parts[name] = try file.members(of: "/data/\(name)") }
    guard parts.values.contains(where: { $0.contains("actions") }) else {
      throw VLMError(
        .datasetKeyMissing, "no group below it has actions", file: file.path, tensor: "/data",
        remedy: "it holds \(list(members))")
    }
    var names = Array(parts.keys)
    if let mask = options.mask { names = try Self.masked(names, by: mask, in: file) }
    for name in names.sorted(by: Self.numberOrder) {
      let spellings = demonstrationNames(name, in: file.path)
      if options.excluded.contains(where: spellings.contains) {
        exclusions.subtract(spellings)
      } else if parts[name]?.contains("actions") == true {
        layouts.append(try Layout(file, index, "/data/\(name)"))
      } else {
        leftOut.append(LeftOut(file: file.path, group: "/data/\(name)", lacks: "actions"))
      }
    }
  }

  private static func masked(
    _ names: [String], by mask: String, in file: any ArrayFile
  ) throws(VLMError) -> [String] {
    guard let facts = try file.facts(of: "/mask/\(mask)"), facts.kind == .strings else {
      throw VLMError(
        .datasetMask, "there is no mask \(mask)", file: file.path,
        remedy: "masks in it: \(list(try file.members(of: "/mask") ?? []))")
    }
    let wanted = Set(try file.strings("/mask/\(mask)"))
    if let unknown = wanted.subtracting(names).min() {
      throw VLMError(
        .datasetMask, "it names \(unknown), which is not there", file: file.path, tensor: "/mask/\(mask)",
        remedy: "demonstrations in it: \(list(names))")
    }
    return names.filter(wanted.contains)
  }

  /// `demo_2` before `demo_10`.
  private static func numberOrder(_ left: String, _ right: String) -> Bool {
    func key(_ name: String) -> (String, Int, String) {
      let digits = name.reversed().prefix(while: \.isNumber).reversed()
      return (String(name.dropLast(digits.count)), Int(String(digits)) ?? 0, name)
    }
    return key(left) < key(right)
  }
}
