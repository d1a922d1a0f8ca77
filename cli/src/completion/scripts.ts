import { PROGRAM } from "../program-name.ts";

/** Programs that a completion can be made for. */
export const SHELLS = ["bash", "zsh", "fish", "powershell", "kubectl"] as const;
export type Shell = (typeof SHELLS)[number];

const BINARY = "kubectl-signatureapi";

/**
 * The script that makes a shell complete `kubectl-signatureapi`. For `kubectl`, the program that its own completion calls
 * for the plugin.
 */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}

const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# Completion of ${BINARY} for bash: source <(${PROGRAM} completion bash)
_kubectl_signatureapi() {
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  local IFS=$'\\n'
  COMPREPLY=($(${BINARY} __complete "\${words[@]}" 2>/dev/null | sed -e '/^:[0-9]*$/d' -e 's/\\t.*//'))
}
complete -o default -F _kubectl_signatureapi ${BINARY}
`,
  zsh: `#compdef ${BINARY}
# Completion of ${BINARY} for zsh: source <(${PROGRAM} completion zsh)
_kubectl_signatureapi() {
  local -a lines
  local line
  while IFS= read -r line; do
    [[ "$line" == :<-> ]] && continue
    lines+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <(${BINARY} __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe '${BINARY}' lines
}
compdef _kubectl_signatureapi ${BINARY}
`,
  fish: `# Completion of ${BINARY} for fish: ${PROGRAM} completion fish | source
function __kubectl_signatureapi
  set -l words (commandline -opc) (commandline -ct)
  ${BINARY} __complete $words[2..] 2>/dev/null | string match --invert --regex '^:[0-9]+$'
end
complete -c ${BINARY} -f -a '(__kubectl_signatureapi)'
`,
  powershell: `# Completion of ${BINARY} for PowerShell: ${PROGRAM} completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName '${BINARY}' -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if ($wordToComplete -eq '') { $words += '' }
  & ${BINARY} __complete @words 2>$null | Where-Object { $_ -notmatch '^:[0-9]+$' } | ForEach-Object {
    $word, $description = $_ -split "\`t", 2
    if (-not $description) { $description = $word }
    [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $description)
  }
}
`,
  kubectl: `#!/usr/bin/env sh
# kubectl calls this program to complete "${PROGRAM}". Save it as kubectl_complete-signatureapi in a folder of
# the PATH, and make it executable.
exec ${BINARY} __complete "$@"
`,
};
