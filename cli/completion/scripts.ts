// What each shell reads once: it asks the command itself, at every Tab, for what may stand there. Pure.

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** A line a candidate: the word, a tab, and what is said beside it; or `:files`. */
export const filesMark = ':files'

export const completionScripts: Readonly<Record<Shell, string>> = {
  bash: `# bash completion for ssh-tunnels: source <(ssh-tunnels completion bash)
_ssh_tunnels() {
  local rest=\${COMP_LINE:0:COMP_POINT} line word i
  local -a words=()
  # bash divides words at : @ and = too, and puts in what stands behind the last of them; an @ it puts in itself again.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ i -eq 0 || $rest == [[:space:]]* ]]; then words+=("$word"); else words[\${#words[@]}-1]+=$word; fi
    rest=\${rest#"\${rest%%[![:space:]]*}"}
    rest=\${rest#"$word"}
  done
  local current=\${words[\${#words[@]}-1]}
  local at=$((\${#words[@]} - 2)) typed=\${current%"\${current##*[$COMP_WORDBREAKS]}"}
  words+=("\${COMP_WORDS[@]:COMP_CWORD+1}")
  typed=\${typed%@}
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = ${filesMark} ]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do COMPREPLY+=("\${line#"$typed"}"); done < <(compgen -f -- "$current")
    else
      line=\${line%%$'\\t'*}
      COMPREPLY+=("\${line#"$typed"}")
    fi
  done < <("\${COMP_WORDS[0]}" complete "$at" -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _ssh_tunnels ssh-tunnels
`,
  zsh: `#compdef ssh-tunnels
# zsh completion for ssh-tunnels: source <(ssh-tunnels completion zsh), behind compinit; or as a file _ssh-tunnels in $fpath
_ssh_tunnels() {
  local line word
  local -a found
  for line in "\${(@f)$("\${words[1]}" complete "$((CURRENT - 2))" -- "\${(@Q)words[2,-1]}" 2>/dev/null)}"; do
    if [[ $line == ${filesMark} ]]; then
      _files
      return
    fi
    word=\${line%%$'\\t'*}
    [[ -n $word ]] && found+=("\${word//:/\\\\:}:\${line#*$'\\t'}")
  done
  _describe ssh-tunnels found
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _ssh_tunnels "$@"; else compdef _ssh_tunnels ssh-tunnels; fi
`,
  fish: `# fish completion for ssh-tunnels: ssh-tunnels completion fish | source
function __ssh_tunnels_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  for line in ($words[1] complete (math (count $words) - 1) -- $words[2..-1] "$current" 2>/dev/null)
    if test "$line" = ${filesMark}
      __fish_complete_path $current
    else
      echo $line
    end
  end
end
complete -c ssh-tunnels -f -a '(__ssh_tunnels_complete)'
`,
}
