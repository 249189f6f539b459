import type { Argument, Command, Option } from 'commander';

/** The names that values are made of. */
export interface Names {
  readonly problems: readonly string[];
  readonly optimizers: readonly string[];
}

/** What a value can be: one of some words, several of them separated by commas, files, folders, or what nobody can guess. */
export type Value =
  | { readonly kind: 'word'; readonly words: readonly string[] }
  | { readonly kind: 'list'; readonly words: readonly string[] }
  | { readonly kind: 'file' | 'folder' | 'other' };

export interface Flag {
  /** With dashes. */
  readonly short?: string;
  readonly long: string;
  readonly description: string;
  /** Absent for a switch. */
  readonly value?: Value;
}

export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly flags: readonly Flag[];
  /** What its arguments are; absent when it takes none. */
  readonly argument?: Value;
}

/** All that can follow a program's name. */
export interface Completions {
  readonly program: string;
  readonly commands: readonly CompletedCommand[];
}

/** What a value is by the name in its angle brackets. */
function byPlaceholder(placeholder: string, names: Names): Value {
  if (placeholder === 'problem') return { kind: 'word', words: names.problems };
  if (/^folder/.test(placeholder)) return { kind: 'folder' };
  return /file|model$/.test(placeholder) ? { kind: 'file' } : { kind: 'other' };
}

function flagValue({ flags, argChoices, long }: Option, names: Names): Value | undefined {
  const placeholder = /[<[]([^>\]]+)/.exec(flags)?.[1];
  if (placeholder === undefined) return undefined;
  if (argChoices) return { kind: 'word', words: argChoices };
  if (long === '--optimizers') return { kind: 'list', words: names.optimizers };
  if (long === '--optimizer') return { kind: 'word', words: names.optimizers };
  return byPlaceholder(placeholder, names);
}

function flagOf(option: Option, names: Names): Flag {
  const { short, long, description } = option;
  const value = flagValue(option, names);
  return { long: long!, description, ...(short && { short }), ...(value && { value }) };
}

function argumentValue(argument: Argument, commands: readonly string[], names: Names): Value {
  if (argument.argChoices) return { kind: 'word', words: argument.argChoices };
  return argument.name() === 'command' ? { kind: 'word', words: commands } : byPlaceholder(argument.name(), names);
}

const unique = (flags: readonly Flag[]): Flag[] => [...new Map(flags.map((flag) => [flag.long, flag])).values()];

/**
 * What commander knows of a program's commands and flags, with what their values can be. The kinds of a command, as `condition` of
 * `sweep`, are words that it takes; the flags of all kinds are its own.
 */
export function completionsOf(root: Command, names: Names): Completions {
  const help = root.createHelp();
  const commands = help.visibleCommands(root);
  const commandNames = commands.map((command) => command.name());
  const flagsOf = (command: Command): Flag[] => help.visibleOptions(command).map((option) => flagOf(option, names));
  return {
    program: root.name(),
    commands: commands.map((command) => {
      const [argument] = command.registeredArguments;
      const kinds = command.commands;
      return {
        name: command.name(),
        description: command.description(),
        flags: unique([...flagsOf(command), ...kinds.flatMap(flagsOf)]),
        ...(kinds.length > 0 && { argument: { kind: 'word', words: kinds.map((kind) => kind.name()) } }),
        ...(argument && { argument: argumentValue(argument, commandNames, names) }),
      };
    }),
  };
}
