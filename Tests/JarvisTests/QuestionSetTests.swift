import Foundation
import Grounding
import Images
import Runtime
import Tensors
import TestSupport
import Testing

@testable import Jarvis

/// Rows in JARVIS-VLA's layout, against what a transcription makes of them: see fixtures/oracle/make_questions.py.
@Suite struct QuestionSetTests {
  struct Expected: Decodable, Sendable {
    let id: String
    let kind: String
    let truth: String?
    let options: [String]?
    let boxes: [[Double]]?
    let points: [[Double]]?
    let verdicts: [Verdict]
  }

  struct Verdict: Decodable, Sendable {
    let isRight: Bool?
    let isAnswered: Bool
    let distance: Double?
  }

  static let folder = Fixture.url("jarvis/questions")
  static let expected = try! JSONDecoder().decode([Expected].self, from: Data(contentsOf: folder.appending(path: "expected.json")))

  static func read(_ name: String, _ change: (inout QuestionSet.Options) -> Void = { _ in }) throws -> QuestionSet {
    var options = QuestionSet.Options()
    change(&options)
    return try QuestionSet([folder.appending(path: name).path], options)
  }

  @Test(arguments: ["questions.jsonl", "questions.parquet"]) func readsWhatIsThere(file: String) throws {
    let set = try Self.read(file)
    #expect(set.rows == 12 && set.refused.isEmpty && set.notices.isEmpty)
    #expect(set.questions.map(\.id) == Self.expected.map(\.id))
    for (question, expected) in zip(set.questions, Self.expected) {
      #expect(question.kind.rawValue == expected.kind, "\(question.id)")
      switch question.truth {
      case .words(let words):
        #expect(words == expected.truth && question.options == expected.options, "\(question.id)")
      case .places(let truths):
        let percent = { (point: PicturePoint) in [point.x * 100, point.y * 100] }
        let boxes = truths.compactMap(\.box).map { percent($0.least) + percent($0.greatest) }
        #expect(Self.close(boxes, expected.boxes ?? []), "\(question.id): \(boxes)")
        for point in expected.points ?? [] where !point.isEmpty {
          #expect(truths.contains { Self.close([percent($0.point)], [point]) }, "\(question.id): \(truths)")
        }
        #expect(truths.count == max(expected.boxes?.count ?? 0, boxes.isEmpty ? expected.points?.count ?? 0 : 0))
      }
    }
    #expect(set.questions.map(\.pictures.count) == [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 2, 1])
    #expect(set.questions[3].frame == PictureSize(width: 160, height: 90))
    #expect(try set.questions[3].pictures[0].load().pixels[..<3] == [120, 124, 130])
    #expect(set.questions[0].labels == ["mc-qa", "knowledge"] && set.questions[2].labels == ["mc-qa"])
    // Options that the text lacks are added to it; places in it are spelled as the authors do.
    #expect(set.questions[2].text == "What is smelted from raw iron?\nA. Gold ingot\nB. Iron ingot\nC. Steel")
    #expect(set.questions[11].text == "Point what is beside <|point_start|>(200,200)<|point_end|>.")
  }

  private static func close(_ one: [[Double]], _ other: [[Double]]) -> Bool {
    one.count == other.count && zip(one, other).allSatisfy { zip($0, $1).allSatisfy { abs($0 - $1) < 1e-9 } }
  }

  @Test func whatCannotBeAskedIsListed() throws {
    let set = try Self.read("more.jsonl")
    #expect(set.questions.map(\.id) == ["craft_1", "many", "many#2"])
    #expect(set.refused.map(\.id) == ["film", "gone", "none", "action"])
    for (row, reason) in zip(set.refused, ["unknown type \"video\"", "gone.png: no such file", "it has no picture", "its truth is an action"]) {
      #expect(row.reason.contains(reason), "\(row)")
    }
    #expect(set.refused[1].place == "line 3")
    // What a row asks second is asked after the true answer to the first.
    #expect(set.questions[1].turns.map(\.role) == ["system", "user"] && set.questions[1].text == "What is bread made of?")
    #expect(set.questions[2].turns.map(\.text) == ["Answer briefly.", "What is bread made of?", "wheat", "And cake?"])
    #expect(set.questions[2].truth == .words("milk, sugar, egg, wheat") && set.questions[2].row == "many")
    #expect(Set(QuestionGrouping.allCases.flatMap { grouping in set.questions.dropFirst().map(grouping.key) }) == ["row many", "label mc-qa", "id many", "id many#2"])
    #expect(set.notices.map(\.kind) == [.warning, .note])
    #expect(set.notices[0].message.hasPrefix("4 of 6 rows cannot be asked"), "\(set.notices[0])")
  }

  @Test func labelsAndLimitAreSaid() throws {
    let set = try Self.read("questions.jsonl") {
      $0.labels = ["gui", "vqa"]
      $0.limit = 4
    }
    #expect(set.questions.map(\.id) == ["left_10", "left_11", "right_3", "left_12"])
    #expect(set.notices.map(\.message) == ["5 of 12 rows have the label gui, vqa", "the first 4 of 5 rows are asked"])
    let error = #expect(throws: VLMError.self) { try Self.read("questions.jsonl") { $0.labels = ["guy"] } }
    #expect(error?.code == .questionFile && error?.remedy == "did you mean \"gui\"?")
  }

  @Test func groups() throws {
    let questions = try Self.read("questions.jsonl").questions
    let counts = QuestionGrouping.allCases.map { grouping in Set(questions.map(grouping.key)).count }
    // Three without a picture, left, right, both, and left with both.
    #expect(counts == [3 + 4, 4, 6, 12])
  }

  @Test func idsAreThereOnce() throws {
    let file = Self.folder.appending(path: "questions.jsonl").path
    let error = #expect(throws: VLMError.self) { try QuestionSet([file, Self.folder.appending(path: "more.jsonl").path], .init()) }
    #expect(error?.code == .questionTwice && error?.description.contains("craft_1 is there twice") == true)
  }

  // MARK: Hostile rows

  private static let question = #"{"role": "user", "content": [{"type": "text", "text": "Point it."}, {"type": "image"}]}"#

  private static func row(_ answer: String, image: String = #""left.png""#, more: String = "") -> String {
    #"{"id": "q", "image": \#(image), "conversations": [\#(question), {"role": "assistant", "content": \#(answer)}]\#(more)}"#
  }

  static let hostile: [(String, String)] = [
    (#"{"id": "q""#, "line 1: the text ends where"),
    ("[1, 2]", "is an array of 2 where a row"),
    (#"{"conversations": []}"#, "line 1, id: there is no id"),
    (#"{"id": "q"}"#, "there is no list of turns"),
    (#"{"id": "q", "conversations": [{"role": "robot", "content": "x"}]}"#, "a turn is of \"robot\""),
    (#"{"id": "q", "conversations": [{"role": "user"}]}"#, "has no content"),
    (#"{"id": "q", "conversations": [{"role": "assistant", "content": "x"}, {"role": "user", "content": "y"}]}"#, "comes before the question"),
    (#"{"id": "q", "conversations": [{"role": "user", "content": "What?"}]}"#, "there is no truth"),
    (#"{"id": "q", "conversations": [{"role": "user", "content": [{"text": "x"}]}]}"#, "an item has no type"),
    (row(#"[{"type": "bbox", "bbox": [[1, 2, 3]]}]"#), "a box is a list of 3 (a box is a list of 4 numbers)"),
    (row(#"[{"type": "bbox", "bbox": [[1, 2, 3, "4"]]}]"#), "a box is a list of 4"),
    (row(#"[{"type": "bbox", "bbox": 7}]"#), "7 is no box"),
    (row(#"[{"type": "point", "point": [[1, NaN]]}]"#), "line 1: "),
    (row(#"[{"type": "point", "point": [[1, 1e999]]}]"#), "line 1: "),
    (row(#"[{"type": "point", "point": [[1, 101]]}]"#), "off the picture"),
    (row(#"[{"type": "point", "point": []}]"#), "has no point"),
    (row(#""[1, 2, 3]""#), "the answer [1, 2, 3] is no place"),
    (row(#""<|point_start|>(1,2)""#), "cannot be read"),
    (row(#""[20, 20]""#, more: #", "source": {"points": [[320, 180]]}"#), "off the picture"),
    (row(#""[20, 20]""#, more: #", "source": {"points": [[90, 90]]}"#), "source and the answer name different places"),
    (row(#""[20, 20]""#, more: #", "source": {"bbox": [[80, 80, 90, 90]]}"#), "is in none of its boxes"),
    (row(#""x""#, image: #""../secret.png""#), "the picture ../secret.png is not below"),
    (row(#""x""#, image: #""/etc/passwd""#), "the picture /etc/passwd is not below"),
    (row(#""x""#, image: #""link.png""#), "the picture link.png is not below"),
    (row(#""x""#, image: "7"), "7 is no path of a picture"),
    (row(#""x""#, image: #"["left.png", "left.png"]"#), "there are 2 pictures, and 1 items of type image"),
    (row(#""x""#, image: #""not.png""#), "is neither JPEG nor PNG"),
    (row(#""x""#, image: #""none.png""#), "no such file"),
    (row(#""x""#, more: #", "label": {"a": 1}"#), "is no label"),
    (row(#""x""#, more: #", "options": "A B C""#), "is no list of options"),
    (row(#""x""#, more: #", "options": ["a", "b"]"#), "is none of the 2 options"),
    (row(#""a""#, more: #", "options": ["a"]"#), "one option only"),
    (String(repeating: "[", count: 100), "nested deeper"),
    ("", "is empty"), ("\n \n", "there is no row in it"), ("hello", "neither JSON nor Parquet"), ("PAR1", "line 1"),
  ]

  @Test(arguments: hostile) func whatIsWrongIsSaid(line: String, said: String) throws {
    try Fixture.withTemporaryDirectory { directory in
      let folder = directory.appending(path: "data")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let picture = Self.folder.appending(path: "images/left.png")
      try FileManager.default.copyItem(at: picture, to: folder.appending(path: "left.png"))
      try FileManager.default.copyItem(at: picture, to: directory.appending(path: "secret.png"))
      try FileManager.default.createSymbolicLink(
        at: folder.appending(path: "link.png"), withDestinationURL: directory.appending(path: "secret.png"))
      try Data("not a picture".utf8).write(to: folder.appending(path: "not.png"))
      let file = folder.appending(path: "rows.jsonl")
      try Data(line.utf8).write(to: file)
      let error = #expect(throws: VLMError.self) { try QuestionSet([file.path], .init()) }
      if line == "PAR1" { return }
      #expect(error?.description.contains(said) == true, "\(error?.description ?? "")")
      #expect(error?.file == file.path && (error?.remedy != nil || line.isEmpty || line.hasPrefix("[[")), "\(error?.description ?? "")")
    }
  }

  /// A row as it is told: its items in their order, its pictures where they stand.
  @Test func itemsKeepTheirOrder() throws {
    try Fixture.withTemporaryDirectory { directory in
      for name in ["left", "right"] {
        try FileManager.default.copyItem(
          at: Self.folder.appending(path: "images/\(name).png"), to: directory.appending(path: "\(name).png"))
      }
      func turn(_ role: String, _ items: String) -> String { #"{"role": "\#(role)", "content": [\#(items)]}"# }
      func text(_ text: String) -> String { #"{"type": "text", "text": "\#(text)"}"# }
      let turns = [
        turn("user", text("Of ") + #", {"type": "image"}, "# + text(" what?")), turn("assistant", text("a cow")),
        turn("user", #"{"type": "image"}, "# + text("Point it.")), turn("assistant", #"{"type": "point", "point": [20, 20]}"#),
        turn("user", text("And then?")),
      ].joined(separator: ", ")
      let file = directory.appending(path: "rows.jsonl")
      let source = #""source": {"points": [[90, 90]]}"#
      try Data(#"{"id": "a", "image": ["left.png", "right.png"], "conversations": [\#(turns)], \#(source)}"#.utf8).write(to: file)
      let set = try QuestionSet([file.path], .init())
      #expect(set.questions.map(\.id) == ["a", "a#2"] && set.questions.map(\.kind) == [.recognition, .grounding])
      #expect(set.questions[0].turns[0].parts == [.text("Of "), .picture, .text(" what?")])
      #expect(set.questions[1].turns.map(\.parts)[1...] == [[.text("a cow")], [.picture, .text("Point it.")]])
      let conversation = try set.questions[1].conversation()
      let pictures = try ["left", "right"].map { try RGBImage(contentsOf: directory.appending(path: "\($0).png").path) }
      #expect(conversation[0].content == [.text("Of "), .image(pictures[0]), .text(" what?")])
      #expect(conversation[2].content == [.image(pictures[1]), .text("Point it.")])
      #expect(set.notices.map(\.kind) == [.note, .warning, .note])
      #expect(set.notices[1].message.contains("source of 1 rows, a first, is not read"))
      #expect(set.notices[2].message.contains("ask last has no answer"))
      // Options of a row are not those of each of its questions.
      try Data(#"{"id": "a", "image": ["left.png", "right.png"], "conversations": [\#(turns)], "options": ["a cow", "b"]}"#.utf8).write(to: file)
      let error = #expect(throws: VLMError.self) { try QuestionSet([file.path], .init()) }
      #expect(error?.description.contains("more than one thing is asked") == true)
    }
  }

  /// The hub's cache: names in a snapshot are links into the blobs of the same repository, and of no other.
  @Test func snapshotsOfTheHub() throws {
    try Fixture.withTemporaryDirectory { directory in
      let manager = FileManager.default
      let snapshot = directory.appending(path: "datasets--a--b/snapshots/0123abcd")
      try manager.createDirectory(at: snapshot, withIntermediateDirectories: true)
      let blobs = ["datasets--a--b", "datasets--c--d"].map { directory.appending(path: "\($0)/blobs") }
      for folder in blobs {
        try manager.createDirectory(at: folder, withIntermediateDirectories: true)
        try manager.copyItem(at: Self.folder.appending(path: "images/left.png"), to: folder.appending(path: "ff"))
      }
      try manager.createSymbolicLink(atPath: snapshot.appending(path: "left.png").path, withDestinationPath: "../../blobs/ff")
      try manager.createSymbolicLink(at: snapshot.appending(path: "other.png"), withDestinationURL: blobs[1].appending(path: "ff"))
      let file = snapshot.appending(path: "rows.jsonl")
      try Data(Self.row(#""x""#).utf8).write(to: file)
      #expect(try QuestionSet([file.path], .init()).questions[0].pictures[0].load().width == 160)
      try Data(Self.row(#""x""#, image: #""other.png""#).utf8).write(to: file)
      let error = #expect(throws: VLMError.self) { try QuestionSet([file.path], .init()) }
      #expect(error?.code == .questionPicture)
    }
  }

  @Test func idsOfLaterQuestionsAreNoRows() throws {
    try Fixture.withTemporaryDirectory { directory in
      let file = directory.appending(path: "rows.jsonl")
      let turn = #"{"role": "user", "content": "What?"}, {"role": "assistant", "content": "x"}"#
      let rows = #"{"id": "a", "conversations": [\#(turn), \#(turn)]}"# + "\n" + #"{"id": "a#2", "conversations": [\#(turn)]}"#
      try Data(rows.utf8).write(to: file)
      let error = #expect(throws: VLMError.self) { try QuestionSet([file.path], .init()) }
      #expect(error?.code == .questionTwice && error?.tensor == "line 2")
    }
  }

  @Test func sourceInPixels() throws {
    try Fixture.withTemporaryDirectory { directory in
      let line = Self.row(#""[20, 20]""#, more: #", "source": {"points": [20, 20], "bbox": [10, 10, 40, 40]}"#)
      try FileManager.default.copyItem(at: Self.folder.appending(path: "images/left.png"), to: directory.appending(path: "left.png"))
      let file = directory.appending(path: "rows.jsonl")
      // Windows' ends of lines and a byte-order mark are no faults.
      try Data(("\u{FEFF}\r\n" + line + "\r\n").utf8).write(to: file)
      var options = QuestionSet.Options()
      options.sourceScale = .pixels
      let question = try QuestionSet([file.path], options).questions[0]
      let box = PictureBox(PicturePoint(x: 10 / 160, y: 10 / 90), PicturePoint(x: 40 / 160, y: 40 / 90))
      #expect(question.truth == .places([GroundingScore.Truth(box: box, point: PicturePoint(x: 20 / 160, y: 20 / 90))]))
    }
  }

  @Test(arguments: [
    ("What?\nA. one\nB. two", ["one", "two"]), ("What?\n(A) one\n\n(B) two\nSay which.", ["one", "two"]), ("A: x\nB) y\n", ["x", "y"]),
    ("A. one", []), ("What? A. one B. two", []), ("B. one\nC. two", []), ("A. one\nC. two", []), ("A. one\nbut\nB. two", []),
    ("a. one\nb. two", []), ("A.one\nB.two", []), ("A. x\nA. one\nB. two", ["one", "two"]), ("A. one\nB. two\nC. three\nE. five", []),
  ] as [(String, [String])]) func optionsOnLines(text: String, options: [String]) {
    #expect(QuestionOptions.listed(in: text) == options)
  }
}
