import Reports
import Testing

@Suite struct RunContextTests {
  @Test func quotesWhatAShellWouldTouch() {
    let run = RunContext(
      version: "1",
      arguments: [
        "vlmtool", "probe", "a b", "it's", "", "$(rm -rf /)", "vision.*", "--seed=3", "hf://org/x@main",
      ])
    #expect(
      run.commandLine == "vlmtool probe 'a b' 'it'\\''s' '' '$(rm -rf /)' 'vision.*' --seed=3 hf://org/x@main"
    )
  }
}
