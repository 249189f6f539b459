import type { CompletedCommand, Completions, Flag, Value } from './spec.js';

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** What follows a value's flag: `-x` takes no files, `-r -F` does. */
function offer(value: Value): string {
  if (value.kind === 'word') return ` -x -a ${quoted(value.words.join(' '))}`;
  if (value.kind === 'list') {
    const words = value.words.map((word) => `"${word}"`).join(' ');
    return ` -x -a ${quoted(`(__fish_complete_list , 'printf "%s\\n" ${words}')`)}`;
  }
  return { file: ' -r -F', folder: ` -x -a '(__fish_complete_directories)'`, other: ' -x' }[value.kind];
}

function flagLine(start: string, { short, long, description, value }: Flag): string {
  const names = `${short ? ` -s ${short.slice(1)}` : ''} -l ${long.slice(2)}`;
  return `${start}${names}${value ? offer(value) : ''} -d ${quoted(description)}`;
}

function commandLines(program: string, { name, description, flags, argument }: CompletedCommand): string[] {
  const start = `complete -c ${program} -n '__${program}_command ${name}'`;
  return [
    `complete -c ${program} -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
    ...(argument && argument.kind !== 'other' ? [`${start}${offer(argument).replace(/^ -[rx]/, '')}`] : []),
    ...flags.map((flag) => flagLine(start, flag)),
  ];
}

/** A completion script for fish. */
export function fishScript({ program, commands }: Completions): string {
  const lines = commands.flatMap((command) => commandLines(program, command));
  return `# fish completion for ${program}
# Whether this is the command; any word of the line would do for __fish_seen_subcommand_from.
function __${program}_command
  set -l words (commandline -opc)
  test "$words[2]" = "$argv[1]"
end
complete -c ${program} -f
${lines.join('\n')}
`;
}
