import ArgumentParser

struct JarvisCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jarvis",
    abstract: "Run JARVIS-VLA on frames, read and write its keyboard-and-mouse actions, check and ask its checkpoints.",
    discussion: """
      JARVIS-VLA says what to press and where to turn as special tokens of its vocabulary. These commands make actions of its \
      answers and answers of actions by the rules of the authors' code, say what that code passes over in silence, run the public \
      agent's prompts on recorded frames, say whether a checkpoint can act so, and how well it answers questions.

      EXAMPLES
        vlmtool jarvis decode 151835 151861 151873 151887 151836
        vlmtool jarvis decode --each-line --svg strip.svg - > actions.txt
        vlmtool jarvis encode '{"keys": ["attack"], "yaw": -10}'
        vlmtool jarvis run JarvisVLA-Qwen2-VL-7B --frames recording.mp4 --stride 10 \\
          --instruction "chop down a tree"
        vlmtool jarvis audit JarvisVLA-Qwen2-VL-7B
        vlmtool jarvis evaluate JarvisVLA-Qwen2-VL-7B --questions knowledge.jsonl
      """,
    subcommands: [JarvisRun.self, JarvisDecode.self, JarvisEncode.self, JarvisAudit.self, JarvisEvaluate.self])
}
