/// What stands where in a simulator's state: the names that the scene has for what moves.
package struct SceneState: Sendable, Equatable {
  /// What a joint lets its body do.
  package enum Freedom: Sendable {
    /// x, y, z in metres, then a quaternion w, x, y, z.
    case pose
    /// A quaternion w, x, y, z.
    case ball
    /// Radians.
    case hinge
    /// Metres.
    case slide
  }

  package struct Variable: Sendable, Equatable {
    /// Of the body where it is free, else of the joint.
    package let name: String
    package let freedom: Freedom
    /// Columns of the state.
    package let columns: Range<Int>

    package init(name: String, freedom: Freedom, columns: Range<Int>) {
      self.name = name
      self.freedom = freedom
      self.columns = columns
    }
  }

  /// In the order of the columns.
  package let variables: [Variable]
  /// Names in the scene that have no joint of their own, such as sites that mark a goal.
  package let fixed: Set<String>

  package init(variables: [Variable], fixed: Set<String>) {
    self.variables = variables
    self.fixed = fixed
  }
}
