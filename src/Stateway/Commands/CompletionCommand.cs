using System.CommandLine;

namespace Stateway.Commands;

/// <summary><c>stateway completion bash|zsh|fish</c>: a script that lets a shell complete commands; it asks the program itself.</summary>
internal static class CompletionCommand
{
    // The program is asked by [suggest:POSITION] and the line, and answers with a word a line.
    private const string Bash = """
        # Completion of stateway for bash: source <(stateway completion bash)
        _stateway() {
          local word="${COMP_WORDS[COMP_CWORD]}" words
          words="$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)" || return
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$words" -- "$word"))
        }
        complete -o default -F _stateway stateway
        """;

    private const string Zsh = """
        #compdef stateway
        # Completion of stateway for zsh: source <(stateway completion zsh)
        _stateway() {
          local -a candidates
          candidates=("${(@f)$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
          if [[ -n "${candidates[1]}" ]]; then compadd -a candidates; else _files; fi
        }
        compdef _stateway stateway
        """;

    private const string Fish = """
        # Completion of stateway for fish: stateway completion fish | source
        function __stateway_candidates
          set --local line (commandline --cut-at-cursor)
          stateway "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete --command stateway --arguments '(__stateway_candidates)'
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        FolderArgument.RefuseOptions(shell);
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", """
            Prints a script that lets a shell complete stateway's commands and options.

              source <(stateway completion bash)
              source <(stateway completion zsh)
              stateway completion fish | source
            """) { shell };
        command.SetAction(parsed => Terminal.Say(parsed.GetValue(shell) switch { "zsh" => Zsh, "fish" => Fish, _ => Bash }));
        return command;
    }
}
