internal import Foundation
package import Tensors

extension VLMError.Code {
  /// A task, a library of instructions or a recipe that the agent cannot work by.
  package static let agentTask = Self("jarvis.agent.task")
  /// A model whose tokenizer has no action tokens.
  package static let agentTokens = Self("jarvis.agent.tokens")
}

/// What the public agent of JARVIS-VLA is to do, and the words in which it says so to the model.
///
/// A task is MineStudio's, as `mine_block:oak_log`. Phrases, thought and recipe come from the authors' `instructions.json` and
/// `recipes` where these know it. What their code does where they do not is done here too: `normal` says the task's name in plain
/// words, `recipe` fills one of eleven sentences about crafting.
package struct AgentTask: Sendable, Equatable {
  /// How the agent words it (`instruction_type` of agent_wrapper.py).
  package enum Style: String, Sendable, CaseIterable, Codable {
    /// A phrase of the library.
    case normal
    /// A phrase, how to lay out the recipe, and before each picture a thought.
    case recipe
    /// The thought alone.
    case simple
  }

  package let style: Style
  /// One is drawn for each answer.
  package internal(set) var phrases: [String]
  /// What stands behind "thought: "; read in styles `recipe` and `simple`.
  package let thought: String
  /// What stands behind the phrase in style `recipe`, empty for none.
  package let recipe: String

  /// One phrase, the same for each answer.
  ///
  /// - Parameter recipe: the recipe that it is about; makes the style `recipe`.
  package init(instruction: String, recipe: Recipe? = nil) {
    style = recipe == nil ? .normal : .recipe
    phrases = [instruction]
    thought = Self.thought(of: "craft_item:\(recipe?.item ?? "")", nil)
    self.recipe = recipe?.text ?? ""
  }

  /// A task by its name.
  ///
  /// - Parameter library: of the authors' folder of assets, where there is one.
  /// - Throws: `jarvis.agent.task` for an entry without phrases, and what reading the recipe throws.
  package init(_ name: String, style: Style, library: InstructionLibrary? = nil) throws(VLMError) {
    let entry = try library?.entry(name)
    self.style = style
    thought = Self.thought(of: name, entry?.thought)
    switch style {
    case .simple:
      (phrases, recipe) = ([thought], "")
    case .normal:
      let plain = name.replacingOccurrences(of: "_", with: " ").replacingOccurrences(of: ":", with: " ")
      let written = entry.map(\.phrases) ?? [plain]
      guard !written.isEmpty else {
        throw VLMError(
          .agentTask, "has no \"instruct\" for \(name), so that the authors' agent stops", file: library?.file,
          remedy: "give the words with --instruction")
      }
      (phrases, recipe) = (written, "")
    case .recipe:
      let known = entry?.phrases ?? []
      let item = String(name.unicodeScalars.dropFirst(11)).replacingOccurrences(of: "_", with: " ")
      phrases = known.isEmpty ? Self.sentences.map { $0.replacingOccurrences(of: "{}", with: item) } : known
      if let grid = entry?.recipe {
        recipe = Recipe.shapedHeading + grid
      } else {
        let item = name.replacingOccurrences(of: " ", with: "_").components(separatedBy: ":").last ?? ""
        recipe = try library?.recipe(item)?.text ?? ""
      }
    }
  }

  /// The text before the first picture: a phrase, and the recipe.
  package func instruction(_ random: inout SeededGenerator) -> String {
    let phrase = phrases.count == 1 ? phrases[0] : phrases[random.index(below: phrases.count)]
    guard style == .recipe else { return phrase }
    let end = phrase.trimmingCharacters(in: .whitespacesAndNewlines).hasSuffix(".") ? "" : ". \n"
    return phrase + end + "\n" + recipe
  }

  /// The text before each picture.
  package var observation: String {
    style == .recipe ? "\nthought: \(thought)\nobservation: " : "\nobservation: "
  }

  private static func thought(of name: String, _ written: String?) -> String {
    let text =
      written ?? name.replacingOccurrences(of: "item", with: "1").replacingOccurrences(of: "_", with: " ")
      .replacingOccurrences(of: ":", with: " ")
    return text + ". \n"
  }

  /// INSTRUCTION_TEMPLATE of agent_wrapper.py.
  private static let sentences = [
    "help me to craft a {}.", "craft a {}.", "Craft a {}.", "Could you craft a {} for me?", "I need you to craft a {}.",
    "Please craft a {} in the game.", "Craft me a {} quickly.", "Make sure to craft a {} for the task.",
    "Craft a {} so I can use it.", "Let’s craft a {} for this project.", "I need you to craft {} right now.",
  ]
}
