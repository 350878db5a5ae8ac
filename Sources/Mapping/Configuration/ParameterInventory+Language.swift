internal import Tensors

extension ParameterInventory {
  mutating func addLanguage(_ language: LanguageConfiguration) {
    let width = language.width
    add("language.token_embedding.weight", [language.vocabularySize, width], .language, .embedding)
    if let positions = language.learnedPositions {
      add("language.position_embedding.weight", [positions, width], .language, .embedding)
    }
    for index in 0..<language.depth { addLanguageBlock(index, language) }
    addNorm("language.norm", language.norm, width, .language)
    if language.hasHead {
      add(
        "language.head.weight", [language.vocabularySize, width], .language, .linear,
        optional: language.tiedEmbeddings)
    }
    if let projection = language.projectionWidth {
      addLinear(
        "language.projection", projection, width, bias: language.projectionBias ?? false, .language)
    }
  }

  private mutating func addLanguageBlock(_ index: Int, _ language: LanguageConfiguration) {
    let (block, width) = ("language.blocks.\(index)", language.width)
    addNorm("\(block).norm1", language.norm, width, .language)
    if language.isLinear(block: index), let sizes = language.linearAttention {
      addLinearAttention("\(block).linear_attention", sizes, width: width)
    } else {
      addAttention(block, language)
    }
    if language.postNorms == true { addNorm("\(block).norm1_post", language.norm, width, .language) }
    addNorm("\(block).norm2", language.norm, width, .language)
    addFeedForward("\(block).mlp", language, hasExperts: language.hasExperts(block: index))
    if language.postNorms == true { addNorm("\(block).norm2_post", language.norm, width, .language) }
  }

  private mutating func addAttention(_ block: String, _ language: LanguageConfiguration) {
    let (width, queries) = (language.width, language.heads * language.headWidth)
    let keys = language.keyValueHeads * language.headWidth
    addLinear("\(block).attention.query", queries, width, bias: language.attentionBias, .language)
    addLinear("\(block).attention.key", keys, width, bias: language.attentionBias, .language)
    addLinear("\(block).attention.value", keys, width, bias: language.attentionBias, .language)
    if language.queryKeyNorm == true {
      addNorm("\(block).attention.query_norm", language.norm, language.headWidth, .language)
      addNorm("\(block).attention.key_norm", language.norm, language.headWidth, .language)
    }
    if language.gatedAttention == true {
      addLinear("\(block).attention.gate", queries, width, bias: language.attentionBias, .language)
    }
    if language.innerNorms == true { addNorm("\(block).attention.norm", language.norm, queries, .language) }
    addLinear("\(block).attention.output", width, queries, bias: language.attentionOutputBias, .language)
  }

  private mutating func addLinearAttention(_ name: String, _ sizes: LinearAttentionSizes, width: Int) {
    addLinear("\(name).qkv", sizes.channels, width, bias: false, .language)
    add("\(name).convolution.weight", [sizes.channels, sizes.taps], .language, .convolution)
    // What decides how much of a state is kept is not for int8, as the router of experts.
    add("\(name).rate.weight", [sizes.heads, width], .language, .router)
    add("\(name).step.weight", [sizes.heads, width], .language, .router)
    add("\(name).step_bias", [sizes.heads], .language, .scalar)
    add("\(name).decay_log", [sizes.heads], .language, .scalar)
    addNorm("\(name).norm", .rmsNorm, sizes.valueWidth, .language)
    addLinear("\(name).gate", sizes.heads * sizes.valueWidth, width, bias: false, .language)
    addLinear("\(name).output", width, sizes.heads * sizes.valueWidth, bias: false, .language)
  }

  private mutating func addFeedForward(_ name: String, _ language: LanguageConfiguration, hasExperts: Bool) {
    let width = language.width
    guard hasExperts, let experts = language.experts else {
      addMLP(
        name, language.mlp, width: width, hidden: language.mlpWidth, bias: language.mlpBias, .language)
      if language.innerNorms == true { addNorm("\(name).norm", language.norm, language.mlpWidth, .language) }
      return
    }
    // The router decides which experts run; int8 would change the choice, so it is not a linear layer here.
    add("\(name).router.weight", [experts, width], .language, .router)
    for expert in 0..<experts {
      addMLP(
        "\(name).experts.\(expert)", language.mlp, width: width,
        hidden: language.expertWidth ?? language.mlpWidth, bias: false, .language)
    }
    if let shared = language.sharedExpertWidth {
      addMLP("\(name).shared", language.mlp, width: width, hidden: shared, bias: false, .language)
      add("\(name).shared_gate.weight", [1, width], .language, .router)
    }
  }
}
