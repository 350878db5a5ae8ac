import Testing

@testable import Runtime

@Suite struct WindowPartitionTests {
  /// Printed by `get_vision_window_index` of transformers 5.23, merge 2, windows of 2 x 2 merged squares.
  @Test func partitionsAsTransformers() {
    let one = WindowPartition([PatchGrid(rows: 10, columns: 6)], squaresPerSide: 2, mergeSize: 2)
    #expect(one.squares == [0, 1, 3, 4, 2, 5, 6, 7, 9, 10, 8, 11, 12, 13, 14])
    #expect(one.boundaries == [0, 16, 24, 40, 48, 56, 60])

    let two = WindowPartition(
      [PatchGrid(frames: 2, rows: 4, columns: 6), PatchGrid(rows: 4, columns: 4)], squaresPerSide: 2,
      mergeSize: 2)
    #expect(two.squares == [0, 1, 3, 4, 2, 5, 6, 7, 9, 10, 8, 11, 12, 13, 14, 15])
    #expect(two.boundaries == [0, 16, 24, 40, 48, 64])
  }
}
