/// Small conventions of type.
package enum Typography {
  /// A sentence of the report as print has it: true minus signs, and R² for the R2 of plain text.
  package static func sentence(_ text: String) -> String { minus(text.replacing(/\bR2\b/, with: "R²")) }

  /// `95 %` that no line break parts.
  package static func percent(_ fraction: Double) -> String {
    Figure.percent(fraction).replacing(" ", with: "\u{A0}")
  }

  /// `text` with hyphens before numbers as true minus signs; hyphens after a letter or digit stay.
  package static func minus(_ text: String) -> String {
    let characters = Array(text)
    return String(
      characters.indices.map { index in
        let joins = index > 0 && (characters[index - 1].isLetter || characters[index - 1].isNumber)
        let leads = index + 1 < characters.count && characters[index + 1].isNumber
        return characters[index] == "-" && !joins && leads ? "\u{2212}" : characters[index]
      })
  }
}
