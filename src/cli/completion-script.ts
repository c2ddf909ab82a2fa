import { never } from "../base/failure.ts";
import type { CompletionFlag, CompletionNode, CompletionValue } from "./completion-tree.ts";

/**
 * Scripts that complete commands in bash, zsh and fish. What is fixed stands in the script; names of
 * things are asked from the program, which answers plain words only. Neither is ever evaluated.
 */
export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

export function completionScript(shell: Shell, nodes: readonly CompletionNode[]): string {
  switch (shell) {
    case "bash":
      return bashScript(nodes);
    case "zsh":
      return zshScript(nodes);
    case "fish":
      return fishScript(nodes);
    default:
      return never(shell);
  }
}

/** A text as one word of a POSIX-like shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** `choice table json`, `name hosts`, `file` or `text`: what the scripts understand. */
function valueWords(value: CompletionValue): string {
  if (value.kind === "choice") return `choice ${value.choices.join(" ")}`;
  return value.kind === "name" ? `name ${value.of}` : value.kind;
}

function flagWords(flag: CompletionFlag): string[] {
  return flag.short === null || flag.short === flag.long ? [flag.long] : [flag.short, flag.long];
}

/** The tables that bash and zsh share: what a command has, and what a flag takes. */
function tables(nodes: readonly CompletionNode[], indent = "    "): string {
  const commands = nodes.map((node) => {
    const names = node.commands.map((command) => command.name).join(" ");
    const flags = node.flags.flatMap(flagWords).join(" ");
    const places = node.places.map(valueWords).join(";");
    const set = [
      `_commands=${quoted(names)}`,
      `_flags=${quoted(flags)}`,
      `_places=${quoted(places)}`,
      `_variadic=${node.isVariadic ? 1 : 0}`,
    ];
    return `${indent}${quoted(node.path)}) ${set.join(" ")} ;;`;
  });
  const values = nodes.flatMap((node) =>
    node.flags.flatMap((flag) => {
      const { value } = flag;
      if (value === null) return [];
      const words = flagWords(flag).map((word) => quoted(`${node.path} ${word}`));
      return [`${indent}${words.join("|")}) _value=${quoted(valueWords(value))} ;;`];
    }),
  );
  return [
    "_fettle_command() {",
    '  case "$1" in',
    ...commands,
    "    *) return 1 ;;",
    "  esac",
    "}",
    "_fettle_flag() {",
    "  _value=",
    '  case "$1 $2" in',
    ...values,
    "    *) return 1 ;;",
    "  esac",
    "}",
  ].join("\n");
}

/** Finds command, place and what is wanted there; `before` and `last` are set by each shell. */
const walk = `  local at= place=0 wants= word= next=
  for word in "\${before[@]}"; do
    if [[ -n $wants ]]; then wants=; continue; fi
    case $word in
      --*=*) ;;
      -*) if _fettle_flag "$at" "$word"; then wants=$_value; fi ;;
      *)
        next="\${at:+$at }$word"
        if [[ $place -eq 0 ]] && _fettle_command "$next"; then at=$next; else place=$((place + 1)); fi ;;
    esac
  done
  _fettle_command "$at"
  if [[ -z $wants && $last != -* && -z $_commands ]]; then
    local places=$_places
    while [[ $place -gt 0 && $places == *';'* ]]; do
      places=\${places#*;}; place=$((place - 1))
    done
    if [[ $place -eq 0 || $_variadic -eq 1 ]]; then wants=\${places%%;*}; fi
  fi`;

function bashScript(nodes: readonly CompletionNode[]): string {
  return `# Completion of fettle for bash, made by: fettle completion bash
${tables(nodes)}
_fettle() {
  local IFS=$' \\t\\n' _commands= _flags= _places= _variadic=0 _value=
  local last=\${COMP_WORDS[COMP_CWORD]} before=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
  COMPREPLY=()
${walk}
  local candidates=()
  case $wants in
    file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$last"); return ;;
    text) return ;;
    'choice '*) read -ra candidates <<<"\${wants#choice }" ;;
    'name '*)
      local program=\${COMP_WORDS[0]/#\\~\\//$HOME/}
      mapfile -t candidates < <("$program" complete-names "\${wants#name }" "$last" 2>/dev/null </dev/null) ;;
    *)
      if [[ $last == -* ]]; then read -ra candidates <<<"$_flags"
      else read -ra candidates <<<"$_commands"; fi ;;
  esac
  for word in "\${candidates[@]}"; do
    if [[ $wants == name* && ! $word =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]]; then continue; fi
    if [[ $word == "$last"* ]]; then COMPREPLY+=("$word"); fi
  done
}
complete -F _fettle fettle
`;
}

function zshScript(nodes: readonly CompletionNode[]): string {
  const described = nodes
    .filter((node) => node.commands.length > 0)
    .map((node) => {
      const rows = node.commands.map(({ name, says }) => quoted(`${name}:${zshSays(says)}`));
      return `    ${quoted(node.path)}) described=(${rows.join(" ")}) ;;`;
    });
  return `#compdef fettle
# Completion of fettle for zsh, made by: fettle completion zsh
${tables(nodes)}
_fettle() {
  emulate -L zsh -o extended_glob
  local _commands= _flags= _places= _variadic=0 _value= line=
  local last=$PREFIX typed=$words[1]
  local -a before=("\${(@)words[2,CURRENT-1]}") described candidates
${walk}
  case $wants in
    file) _files; return ;;
    text) return ;;
    'choice '*) candidates=(\${=wants#choice }) ;;
    'name '*)
      local program=\${typed/#\\~\\//$HOME/}
      candidates=("\${(@f)$("$program" complete-names "\${wants#name }" "$last" 2>/dev/null </dev/null)}")
      candidates=("\${(@M)candidates:#[A-Za-z0-9][A-Za-z0-9._-]#}") ;;
    *)
      if [[ $last == -* ]]; then candidates=(\${=_flags})
      else
        case $at in
${described.map((row) => `    ${row}`).join("\n")}
        esac
        if (( \${#described} )); then _describe -t commands command described; return; fi
      fi ;;
  esac
  compadd -- "\${candidates[@]}"
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _fettle "$@"; else compdef _fettle fettle; fi
`;
}

/** A colon ends the name in a description of zsh. */
function zshSays(text: string): string {
  return text.replaceAll("\\", "").replaceAll(":", "\\:");
}

/** A text as one word of fish: only quote and backslash mean something within quotes. */
function fishQuoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function fishScript(nodes: readonly CompletionNode[]): string {
  const paths = nodes.map((node) => fishQuoted(node.path)).join(" ");
  const valued = nodes.flatMap((node) =>
    node.flags
      .filter((flag) => flag.value !== null)
      .flatMap((flag) => flagWords(flag).map((word) => fishQuoted(`${node.path} ${word}`))),
  );
  return `# Completion of fettle for fish, made by: fettle completion fish
set -g __fettle_paths ${paths}
set -g __fettle_valued ${[...new Set(valued)].join(" ")}

# Prints the command that is typed, and how many of its arguments.
function __fettle_at
    set -l path ''
    set -l place 0
    set -l skips 0
    for word in (commandline -opc)[2..]
        if test $skips -eq 1
            set skips 0
            continue
        end
        switch $word
            case '--*=*'
            case '-*'
                contains -- "$path $word" $__fettle_valued; and set skips 1
            case '*'
                set -l next (string trim -- "$path $word")
                if test $place -eq 0; and contains -- "$next" $__fettle_paths
                    set path $next
                else
                    set place (math $place + 1)
                end
        end
    end
    printf '%s\\n' "$path" $place
end

function __fettle_is
    set -l at (__fettle_at)
    test "$at[1]" = "$argv[1]"; or return 1
    switch $argv[2]
        case ''
            return 0
        case '*+'
            test $at[2] -ge (string trim -r -c + -- $argv[2])
        case '*'
            test $at[2] -eq $argv[2]
    end
end

function __fettle_names
    set -l program (commandline -opc)[1]
    set program (string replace -r '^~/' "$HOME/" -- $program)
    command -q -- $program; or return
    set -l names (command $program complete-names $argv[1] (commandline -ct) 2>/dev/null </dev/null)
    string match -r '^[A-Za-z0-9][A-Za-z0-9._-]*$' -- $names
end

complete -c fettle -f
${nodes.flatMap(fishLines).join("\n")}
`;
}

function fishLines(node: CompletionNode): string[] {
  const at = (place: string): string =>
    `-n ${fishQuoted(`__fettle_is ${fishQuoted(node.path)} ${place}`)}`;
  const commands = node.commands.map(
    ({ name, says }) => `complete -c fettle ${at("0")} -a ${name} -d ${fishQuoted(says)}`,
  );
  const flags = node.flags.map((flag) => {
    const short = flag.short === null ? "" : ` -s ${flag.short.slice(1)}`;
    const value = flag.value === null ? "" : ` ${fishValue(flag.value)}`;
    const says = fishQuoted(flag.says);
    return `complete -c fettle ${at("''")}${short} -l ${flag.long.slice(2)}${value} -d ${says}`;
  });
  const places = node.places.map((place, i) => {
    const isLast = i === node.places.length - 1;
    const which = isLast && node.isVariadic ? `${i}+` : String(i);
    return `complete -c fettle ${at(which)} ${fishPlace(place)}`;
  });
  return [...commands, ...flags, ...places];
}

function fishValue(value: CompletionValue): string {
  switch (value.kind) {
    case "choice":
      return `-x -a ${fishQuoted(value.choices.join(" "))}`;
    case "name":
      return `-x -a '(__fettle_names ${value.of})'`;
    case "file":
      return "-r -F";
    case "text":
      return "-x";
  }
}

function fishPlace(value: CompletionValue): string {
  switch (value.kind) {
    case "choice":
      return `-a ${fishQuoted(value.choices.join(" "))}`;
    case "name":
      return `-a '(__fettle_names ${value.of})'`;
    case "file":
      return "-F";
    case "text":
      return "-f";
  }
}
