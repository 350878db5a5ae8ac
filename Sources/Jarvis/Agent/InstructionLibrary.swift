internal import Files
internal import Foundation
package import Tensors

/// The folder `jarvisvla/evaluate/assets` of the JarvisVLA repository: `instructions.json`, and `recipes` of Minecraft.
package struct InstructionLibrary: Sendable {
  /// What is known of a task.
  struct Entry {
    let phrases: [String]
    let thought: String?
    /// Rows of a crafting grid and what they make.
    let recipe: String?
  }

  /// The file of the instructions.
  let file: String
  private let folder: String
  private let entries: [String: JSONValue]

  /// - Throws: `jarvis.agent.task` when there are no instructions in the folder, or none that can be read.
  package init(_ folder: String) throws(VLMError) {
    self.folder = folder
    file = URL(filePath: folder).appending(path: "instructions.json").path(percentEncoded: false)
    guard FileManager.default.fileExists(atPath: file) else {
      throw VLMError(
        .agentTask, "there is no instructions.json in this folder", file: folder,
        remedy: NearestNames.suggestion(forPath: folder)
          ?? "give jarvisvla/evaluate/assets of the JarvisVLA repository (git clone https://github.com/CraftJarvis/JarvisVLA)")
    }
    guard let entries = try readJSON(file).objectValue else {
      throw VLMError(.agentTask, "is no object of tasks", file: file)
    }
    self.entries = entries
  }

  /// Names of its tasks, sorted.
  package var tasks: [String] { entries.keys.sorted() }

  func entry(_ task: String) throws(VLMError) -> Entry? {
    guard let value = entries[task] else { return nil }
    func texts(_ name: String) throws(VLMError) -> [String]? {
      guard let value = value[name], value != .null else { return nil }
      let texts = value.arrayValue?.compactMap(\.stringValue)
      guard let texts, texts.count == value.arrayValue?.count else {
        throw VLMError(.agentTask, "\"\(name)\" of \(task) is \(value.summary), not a list of texts", file: file)
      }
      return texts
    }
    // An empty text counts as none in the authors' code.
    return Entry(
      phrases: try texts("instruct") ?? [], thought: value["thought"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 },
      recipe: try texts("recipe")?.first)
  }

  /// The recipe of an item, where there is one.
  func recipe(_ item: String) throws(VLMError) -> Recipe? {
    let path = URL(filePath: folder).appending(path: "recipes").appending(path: "\(item).json").path(percentEncoded: false)
    guard !item.isEmpty, !item.contains("/"), FileManager.default.fileExists(atPath: path) else { return nil }
    return try Recipe(path, item: item)
  }
}

/// A recipe of Minecraft as the agent tells it to the model.
package struct Recipe: Sendable {
  /// As `oak_planks`.
  package let item: String
  /// From the heading to "and get 4 oak planks"; empty for a recipe that is not crafted, as in the authors' code.
  package let text: String

  static let shapedHeading = "\nArrange the materials in the crafting grid according to the following pattern: \n"

  /// A file as Minecraft's own data has it.
  ///
  /// - Parameter item: what the file was looked up by; without one, the name of what it makes.
  /// - Throws: `jarvis.agent.task` for a file that is no recipe, or one that the authors' code cannot read.
  package init(_ path: String, item: String? = nil) throws(VLMError) {
    let value = try readJSON(path)
    func refusal(_ message: String) -> VLMError { VLMError(.agentTask, message, file: path) }
    guard let kind = value["type"]?.stringValue else { throw refusal("is no recipe of Minecraft: it has no type") }
    self.item = item ?? URL(filePath: path).deletingPathExtension().lastPathComponent
    var text: String
    switch kind {
    case "minecraft:crafting_shapeless":
      text = try Self.shapeless(value, refusal)
    case "minecraft:crafting_shaped":
      guard let rows = value["pattern"]?.arrayValue?.compactMap(\.stringValue), !rows.isEmpty else {
        self.text = ""
        return
      }
      text = try Self.shaped(rows, value["key"]?.objectValue ?? [:], refusal)
    default:
      self.text = ""
      return
    }
    let count = value["result"]?["count"]?.intValue ?? 1
    self.text = text + "and get \(count) \(self.item.replacingOccurrences(of: "_", with: " ")). \n"
  }

  private static func shapeless(_ value: JSONValue, _ refusal: (String) -> VLMError) throws(VLMError) -> String {
    var counts: [(name: String, count: Int)] = []
    for ingredient in value["ingredients"]?.arrayValue ?? [] {
      guard ingredient.objectValue != nil else {
        throw refusal("an ingredient is \(ingredient.summary), which the authors' code cannot read")
      }
      guard let name = name(of: ingredient) else { break }
      let plain = name.replacingOccurrences(of: "_", with: " ")
      if let place = counts.firstIndex(where: { $0.name == plain }) {
        counts[place].count += 1
      } else {
        counts.append((plain, 1))
      }
    }
    return "\nYou will need the following ingredients: \n" + counts.map { "\($0.count) \($0.name), " }.joined() + "\n"
  }

  private static func shaped(
    _ rows: [String], _ key: [String: JSONValue], _ refusal: (String) -> VLMError
  ) throws(VLMError) -> String {
    var names: [Character: String] = [:]
    for (mark, value) in key {
      guard mark.count == 1, value.objectValue != nil, let name = name(of: value) else {
        throw refusal("the ingredient \"\(mark)\" is \(value.summary), which the authors' code cannot read")
      }
      names[Character(mark)] = name
    }
    return shapedHeading + "\n"
      + rows.map { row in row.map { " \(names[$0] ?? "air") " }.joined(separator: "|") + (row.isEmpty ? "" : "\n") }.joined() + "\n"
  }

  /// Of `minecraft:oak_logs` what is behind the colon, by the ten letters that the authors cut off.
  private static func name(of ingredient: JSONValue) -> String? {
    let name = [ingredient["item"], ingredient["tag"]].compactMap { $0?.stringValue }.first { !$0.isEmpty }
    return name.map { String($0.unicodeScalars.dropFirst(10)) }
  }
}

/// A JSON file beside the model or of the agent.
private func readJSON(_ path: String) throws(VLMError) -> JSONValue {
  let data: Data
  do { data = try Data(contentsOf: URL(filePath: path)) } catch {
    throw VLMError(
      .agentTask, "cannot be read", file: path, remedy: NearestNames.suggestion(forPath: path), cause: error)
  }
  return try JSONValue(parsing: data, file: path, code: .agentTask)
}
