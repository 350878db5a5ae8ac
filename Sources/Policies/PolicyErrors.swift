package import Tensors

extension VLMError.Code {
  /// Statistics of actions that cannot be read, or are of another action.
  package static let actionStatistics = Self("policies.actions.statistics")
  /// Actions that are not what the policy's convention takes.
  package static let actionShape = Self("policies.actions.shape")
  /// A policy whose parts do not fit each other.
  package static let policyMalformed = Self("policies.policy.malformed")
  /// A folder or file that holds no policy.
  package static let policyMissing = Self("policies.policy.missing")
  /// A decoder through which a query cannot be trained here.
  package static let queryUntrainable = Self("policies.query.untrainable")
  /// Training that has diverged, or has nothing to train on.
  package static let trainingFailed = Self("policies.training.failed")
}
