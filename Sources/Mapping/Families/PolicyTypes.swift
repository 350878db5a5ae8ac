internal import Tensors

/// What LeRobot's policies are made of, by the `type` in their `config.json`: those that no family file reads.
enum PolicyTypes {
  /// Policies without a vision-language model.
  private static let alone = [
    "act": "ACT, a ResNet and a transformer trained together",
    "diffusion": "Diffusion Policy, a ResNet and a network that denoises actions",
    "fastwam": "a world model on a video diffusion model (Wan)",
    "gaussian_actor": "an actor for reinforcement learning over a small image encoder",
    "lingbot_va": "a world model on a video diffusion model (Wan)",
    "multi_task_dit": "a transformer that denoises actions from the features of CLIP's two encoders",
    "reward_classifier": "a classifier of rewards",
    "sac": "an actor for reinforcement learning over a small image encoder",
    "tdmpc": "TD-MPC, a world model with a planner",
    "vqbet": "VQ-BeT, a ResNet and a transformer over a codebook of actions",
  ]

  /// Policies on a vision-language model that is not known.
  private static let foreign = [
    "molmoact2": "Molmo2", "pi0fast": "PaliGemma under the names of LeRobot before 0.4",
    "wall_x": "Qwen2.5-VL with experts of its own", "xvla": "Florence-2",
  ]

  /// Why a policy of that type cannot be opened; `nil` for a type that nobody knows.
  static func refusal(of type: String, file: String) -> VLMError? {
    if let what = alone[type] {
      return VLMError(
        .familyUnknown, "this policy holds no vision-language model: \"\(type)\" is \(what)", file: file,
        remedy:
          "inspect and the rest read vision-language models and their encoders; give the checkpoint of one")
    }
    return foreign[type].map { what in
      VLMError(
        .familyUnknown, "the policy \"\(type)\" is built on \(what), which is no known family", file: file,
        remedy: "say how its names map in a family file, and give it with --family-file")
    }
  }
}
