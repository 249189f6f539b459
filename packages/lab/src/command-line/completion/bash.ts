import type { CompletedCommand, Completions, Flag, Value } from './spec.js';

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The call that offers values: one of the functions below. */
function offer(value: Value): string {
  if (value.kind === 'word') return `_osculate_words ${quoted(value.words.join(' '))}`;
  if (value.kind === 'list') return `_osculate_list ${quoted(value.words.join(' '))}`;
  return { file: '_osculate_files -f', folder: '_osculate_files -d', other: ':' }[value.kind];
}

const spellings = ({ short, long }: Flag): string[] => (short ? [short, long] : [long]);

function commandCase({ name, flags, argument }: CompletedCommand): string {
  const valued = flags.flatMap((flag) => (flag.value ? [{ ...flag, value: flag.value }] : []));
  const cases = valued.map((flag) => `        ${spellings(flag).join('|')}) ${offer(flag.value)}; return ;;`);
  const all = quoted(flags.flatMap(spellings).join(' '));
  return [
    `    ${name})`,
    ...(cases.length > 0 ? ['      case $previous in', ...cases, '      esac'] : []),
    `      if [[ $current == -* ]]; then _osculate_words ${all}`,
    `      else ${offer(argument ?? { kind: 'other' })}; fi ;;`,
  ].join('\n');
}

/** A completion script for bash 3.2 and later. */
export function bashScript({ program, commands }: Completions): string {
  return `# bash completion for ${program}
_osculate_words() { COMPREPLY=($(compgen -W "$1" -- "$current")); }
# Words separated by commas: the last one is completed.
_osculate_list() {
  local before=
  [[ $current == *,* ]] && before=\${current%,*},
  COMPREPLY=($(compgen -P "$before" -W "$1" -- "\${current##*,}"))
}
_osculate_files() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen "$1" -- "$current"))
  # Adds the slash to folders and quotes spaces, where bash can do that.
  compopt -o filenames 2>/dev/null
}
_osculate() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  # bash takes --flag=value for three words.
  if [[ $current == = ]]; then current=
  elif [[ $previous == = ]]; then previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  if ((COMP_CWORD == 1)); then
    _osculate_words ${quoted(commands.map(({ name }) => name).join(' '))}
    return
  fi
  case \${COMP_WORDS[1]} in
${commands.map(commandCase).join('\n')}
  esac
}
complete -F _osculate ${program}
`;
}
