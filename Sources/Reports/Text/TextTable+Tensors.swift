extension TextTable {
  /// A row for each group of tensors: its name, how many they are and what they take.
  init(tensorsBy title: String, _ groups: some Sequence<(name: String, tensors: Int, bytes: Int)>) {
    self.init([.name(title), .number("tensors"), .number("size")])
    for group in groups {
      append([Cell(group.name), Cell(Figure.count(group.tensors)), Cell(Figure.bytes(group.bytes))])
    }
  }
}
