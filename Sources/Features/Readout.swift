/// How the tokens of a stage become one vector.
public enum Readout: String, Codable, Sendable, CaseIterable {
  /// Average over tokens.
  case mean
  /// g x g averages over the token grid, side by side.
  case grid
  /// As `grid`, of finer cells: of the modules' outputs, which kernels read.
  case fine
  /// One learned query over the cells of `fine`, as a policy's action query.
  case attentive
  /// The best of mean, grid and `attentive` where there is one, chosen in the inner folds of each outer fold.
  case chosen
  /// Not an image: state, task, time.
  case vector
}
