import Testing

@testable import Mapping

@Suite struct NameFoldingTests {
  /// Folds names of one template.
  private func lines(_ names: [String]) -> [String] {
    let foldings = names.map(NameFolding.init)
    #expect(Set(foldings.map(\.template)).count == 1)
    return NameFolding.lines(foldings[0].template, foldings.map(\.indexes)).map(\.name)
  }

  @Test(arguments: [
    (["lm_head.weight"], ["lm_head.weight"]),
    (["h.0.w", "h.1.w", "h.2.w"], ["h.{0-2}.w"]),
    (["h.7.w"], ["h.7.w"]),
    (["h.0.w", "h.1.w", "h.5.w"], ["h.{0-1,5}.w"]),
    (["a.0.b.0", "a.0.b.1", "a.1.b.0", "a.1.b.1"], ["a.{0-1}.b.{0-1}"]),
    (["a.0.b.0", "a.0.b.1", "a.1.b.0"], ["a.0.b.{0-1}", "a.1.b.0"]),
    (["a.0.b.0", "a.1.b.1", "a.2.b.0", "a.3.b.1"], ["a.{0,2}.b.0", "a.{1,3}.b.1"]),
    (["layers/dense_1/vars/0", "layers/dense_2/vars/0"], ["layers/dense_{1-2}/vars/0"]),
    (["blk.9.w", "blk.10.w"], ["blk.{9-10}.w"]),
  ])
  func folds(names: [String], expected: [String]) {
    #expect(lines(names) == expected)
  }

  /// What is no index: letters before the number, a leading zero, a number too long.
  @Test(arguments: ["conv1.weight", "q.007.w", "h.1234567890.w", "fc2/kernel:0", "v1.2x.w", "", ".", "a..b"])
  func isNoIndex(name: String) {
    let folding = NameFolding(name)
    #expect(folding.indexes.isEmpty)
    #expect(folding.template.texts == [name])
  }

  /// A name of a million indexes is one name: nothing goes that deep.
  @Test func hostileNames() {
    let name = Array(repeating: "0", count: 1_000_000).joined(separator: ".")
    #expect(NameFolding(name).indexes.count == 8)
    #expect(lines([name]) == [name])
  }

  /// Every line stands for exactly its members, for random sets of two indexes.
  @Test func linesAreExact() {
    for _ in 0..<50 {
      var tuples: Set<[Int]> = []
      for _ in 0..<Int.random(in: 1...12) {
        tuples.insert([Int.random(in: 0...3), Int.random(in: 0...3)])
      }
      let all = tuples.sorted { $0.lexicographicallyPrecedes($1) }
      let lines = NameFolding.lines(NameFolding("a.0.b.0").template, all)
      #expect(lines.flatMap(\.members).sorted() == Array(all.indices), "\(all)")
      for line in lines {
        let own = line.members.map { all[$0] }
        #expect(
          own.count == Set(own.map { $0[0] }).count * Set(own.map { $0[1] }).count, "\(all): \(line.name)")
      }
    }
  }
}
