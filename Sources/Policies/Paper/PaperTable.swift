/// A table as the paper prints it (VLM4VLA, arXiv 2601.03309): nothing in it was measured by this tool.
package struct PaperTable: Sendable, Encodable {
  package let title: String
  package let columns: [String]
  package let rows: [[String]]
  /// What has to be known to read it.
  package let note: String
  package let source = "paper: arXiv 2601.03309"

  package static let all: [PaperTable] = [
    PaperTable(
      title: "Policies of VLMs, all of the VLM trained",
      columns: ["model", "CALVIN ABC-D (of 5)", "Simpler-Bridge %", "LIBERO-10 %"],
      rows: [
        ["OpenVLA 7.7B", "2.548", "4.2", "53.7"], ["pi0 3.1B", "3.509", "60.4", "46.0"],
        ["Qwen2.5-VL-3B", "3.856", "48.0", "43.0"], ["Qwen2.5-VL-7B", "4.057", "46.9", "45.0"],
        ["Qwen3-VL-2B", "4.142", "49.0", "55.8"], ["Qwen3-VL-4B", "3.943", "56.3", "44.4"],
        ["Qwen3-VL-8B", "4.035", "58.3", "46.2"], ["Qwen3-VL-30B-A3B", "4.075", "44.8", "46.8"],
        ["PaliGemma 1", "3.506", "55.3", "44.2"], ["PaliGemma 2", "3.406", "57.3", "46.2"],
        ["Kosmos-2", "3.096", "60.4", "55.0"],
      ],
      note: "CALVIN: mean number of consecutive tasks done; the others: per cent of episodes. Which checkpoint and how many steps at "
        + "a time stand behind a number is not stated in the code."),
    PaperTable(
      title: "What freezing costs",
      columns: ["model", "setting", "CALVIN ABC-D (of 5)", "Simpler-Bridge %", "trainable"],
      rows: [
        ["Qwen2.5-VL-3B", "full", "3.856", "48.00", "3.8 B"], ["Qwen2.5-VL-3B", "vision frozen", "2.855", "23.95", "3.1 B"],
        ["Qwen2.5-VL-3B", "word embeddings frozen", "3.849", "46.88", "3.4 B"], ["Qwen2.5-VL-7B", "full", "4.057", "46.75", ""],
        ["Qwen2.5-VL-7B", "vision frozen", "2.823", "25.50", "7.6 B"],
        ["Qwen2.5-VL-7B", "word embeddings frozen", "3.874", "48.96", "7.8 B"], ["PaliGemma", "full", "3.506", "55.25", ""],
        ["PaliGemma", "vision frozen", "0.495", "13.25", "2.5 B"],
        ["PaliGemma", "word embeddings frozen", "3.485", "52.25", "2.7 B"],
      ],
      note: "PaliGemma with frozen embeddings has 2.403 B parameters left by the authors' rules; the paper prints 2.7 B. "
        + "Qwen2.5-VL-7B on Simpler-Bridge is 46.9 in the first table."),
    PaperTable(
      title: "Control put into the vision encoder (Qwen3-VL-4B, Simpler-Bridge %)",
      columns: ["VLM first fine-tuned on FAST action tokens", "encoder frozen afterwards", "encoder trained"],
      rows: [["not at all", "27.6", "56.3"], ["language only", "28.0", "56.3"], ["language and vision", "45.7", "59.4"]],
      note: "The first step ran in the authors' own framework; its data and code are not public."),
    PaperTable(
      title: "From scratch", columns: ["model", "CALVIN ABC-D (of 5)"], rows: [["Qwen2.5-VL-3B, random weights", "1.381"]],
      note: "All of the VLM from its configuration, vision and language."),
  ]
}
