import type { CompletedCommand, Completions, Flag, Value } from './spec.js';

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Text between brackets or before a colon of a specification. */
const escaped = (text: string): string => text.replace(/[\\[\]:]/g, '\\$&');

/** The action of `_arguments` that offers values. */
function action(value: Value): string {
  if (value.kind === 'word') return `(${value.words.join(' ')})`;
  if (value.kind === 'list') return `_values -s , name ${value.words.join(' ')}`;
  return { file: '_files', folder: '_files -/', other: ' ' }[value.kind];
}

function flagSpec({ short, long, description, value }: Flag): string {
  const rest = quoted(`[${escaped(description)}]${value ? `:value:${action(value)}` : ''}`);
  // A value may be in the same word: -b5, --budget=5.
  const [letter, name] = value ? [`${short}+`, `${long}=`] : [short, long];
  return short ? `'(${short} ${long})'{${letter},${name}}${rest}` : `${name}${rest}`;
}

function commandCase({ name, flags, argument }: CompletedCommand): string {
  const specs = [...flags.map(flagSpec), ...(argument ? [quoted(`*:argument:${action(argument)}`)] : [])];
  return `    ${name})\n      _arguments -s \\\n        ${specs.join(' \\\n        ')} ;;`;
}

/** A completion script for zsh: to be sourced after compinit, or put into a folder of $fpath as `_osculate`. */
export function zshScript({ program, commands }: Completions): string {
  const described = commands.map(({ name, description }) => `    ${quoted(`${name}:${escaped(description)}`)}`);
  return `#compdef ${program}
_osculate() {
  local curcontext=$curcontext state line
  local -a commands
  commands=(
${described.join('\n')}
  )
  _arguments -C '1: :->command' '*:: :->rest'
  if [[ $state == command ]]; then
    _describe -t commands command commands
    return
  fi
  case $words[1] in
${commands.map(commandCase).join('\n')}
  esac
}
if [[ $funcstack[1] == _osculate ]]; then _osculate "$@"
else compdef _osculate ${program}
fi
`;
}
