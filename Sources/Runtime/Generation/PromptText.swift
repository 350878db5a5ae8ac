internal import Mapping

/// A prompt's text with the markers of its images in it; a run of an image's features is one placeholder.
struct PromptText {
  /// The image token as the vocabulary spells it.
  let placeholder: String
  private(set) var text = ""
  /// For each placeholder in `text`, how many features it stands for; 0 where it is but a marker of that name.
  private(set) var runs: [Int] = []

  /// A text that names each image by one placeholder; `nil` when it does not name as many as there are.
  init?(_ text: String, placeholder: String, images: [ImageFeatures], _ settings: PromptConfiguration?) {
    self.placeholder = placeholder
    let parts = text.parts(between: placeholder)
    guard parts.count == images.count + 1 else { return nil }
    append(parts[0])
    for (image, words) in zip(images, parts.dropFirst()) {
      append(image, settings)
      append(words)
    }
  }

  private mutating func append(_ image: ImageFeatures, _ settings: PromptConfiguration?) {
    guard let settings, let tileStart = settings.tileStart, let overview = image.overview else {
      append(features: image.tokenCount, from: settings?.imageStart, to: settings?.imageEnd)
      return
    }
    let features = image.tokenCount / image.tileCount
    if overview == 0 { append(features: features, from: settings.imageStart, to: settings.imageEnd) }
    for row in 1...image.division.rows {
      for column in 1...image.division.columns {
        let start = tileStart.parts(between: "{row}").joined(separator: "\(row)")
          .parts(between: "{column}").joined(separator: "\(column)")
        append(features: features, from: start, to: nil)
      }
      append(settings.tileRowEnd ?? "")
    }
    append(settings.tilesEnd ?? "")
    if overview > 0 { append(features: features, from: settings.imageStart, to: settings.imageEnd) }
  }

  private mutating func append(features: Int, from start: String?, to end: String?) {
    append(start ?? "")
    text += placeholder
    runs.append(features)
    append(end ?? "")
  }

  /// Words or markers; Kosmos-2 begins an image by a token that its image token is spelled like.
  private mutating func append(_ words: String) {
    runs += repeatElement(0, count: words.parts(between: placeholder).count - 1)
    text += words
  }
}

extension String {
  /// What is between the occurrences of `separator`, byte by byte: an accent after one does not hide it.
  func parts(between separator: String) -> [String] {
    utf8.split(separator: Array(separator.utf8), omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
  }
}
