// What a shell is to source: it asks `coder complete -- WORDS` for the words so far. They are handed on as they are, and never
// evaluated: what was typed may be a prompt with anything in it.

export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = typeof shells[number];

export const scripts: Record<Shell, string> = {
  bash: `_coder() {
  local line
  COMPREPLY=()
  while IFS=$'\\t' read -r line _; do
    COMPREPLY+=("$line")
  done < <(coder complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _coder coder
`,
  zsh: `#compdef coder
_coder() {
  local line
  local -a found
  for line in "\${(@f)$(coder complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n $line ]] && found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#found} )); then _describe coder found; else _files; fi
}
compdef _coder coder
`,
  fish: `function __coder
  set -l words (commandline -opc) (commandline -ct)
  coder complete -- $words[2..] 2>/dev/null
end
complete -c coder -n 'test (count (__coder)) -gt 0' -f -a '(__coder)'
`,
};
