import { printable } from '../../system/text.ts';

/** What is needed here of oclif's flags. */
interface FlagLike {
  readonly type: string;
  readonly multiple?: boolean | undefined;
}

/**
 * The same flags, but an option that takes one value may be given again. Python's click, on which
 * patronictl is built, goes by the last one, so that an alias with `-c FILE` can be overruled;
 * oclif by itself refuses the second.
 */
export function repeatable<Flag extends FlagLike>(
  flags: Readonly<Record<string, Flag>>,
): Record<string, Flag> {
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [
      name,
      takesOne(flag) ? { ...flag, multiple: true, multipleNonGreedy: true } : flag,
    ]),
  );
}

/** Of the values that `repeatable` flags were given, the last one each. */
export function lastValues<Values extends object>(
  flags: Readonly<Record<string, FlagLike>>,
  values: Values,
): Values {
  const last = Object.entries(values).map(([name, value]) => {
    const flag = flags[name];
    return [name, flag && takesOne(flag) && Array.isArray(value) ? value.at(-1) : value];
  });
  return Object.fromEntries(last);
}

function takesOne({ type, multiple }: FlagLike): boolean {
  return type === 'option' && !multiple;
}

/** What is needed here of the errors of oclif's parser. */
interface ParserError {
  readonly message: string;
  /** The arguments that are missing. */
  readonly args?: readonly unknown[];
}

/** One sentence on wrong usage, of an error of oclif's parser. */
export function usageSentence({ message, args }: ParserError): string {
  if (message.startsWith('Missing ')) {
    const names = (args ?? []).map((arg) => (arg as { name: string }).name.toUpperCase());
    return `${names.join(' and ')} must be given`;
  }
  const lines = message.split('\n').filter((line) => !line.startsWith('See more help'));
  const words = lines.map((line) => line.trim()).join(' ');
  for (const [pattern, sentence] of SENTENCES) {
    const found = pattern.exec(words);
    if (found) return printable(sentence(...found.slice(1)));
  }
  return printable(words);
}

type Sentence = (...found: readonly string[]) => string;

/** oclif's words, and ours for them; others stay as they are. */
const SENTENCES: readonly (readonly [pattern: RegExp, sentence: Sentence])[] = [
  [
    /^Parsing --(\S+) +Expected an integer but received: (.*)$/,
    (flag, given) => `--${flag} wants a whole number, not "${given}"`,
  ],
  [
    /^Parsing --(\S+) +Expected an integer greater than or equal to (\S+) but received: (.*)$/,
    (flag, least, given) => `--${flag} wants a whole number from ${least} on, not "${given}"`,
  ],
  [
    /^Parsing --(\S+) +Expected an integer less than or equal to (\S+) but received: (.*)$/,
    (flag, most, given) => `--${flag} wants a whole number up to ${most}, not "${given}"`,
  ],
  [
    /^Expected --([^=]+)=(.*) to be one of: (.*)$/,
    (flag, given, words) => `--${flag} wants one of ${words}, not "${given}"`,
  ],
  [/^Expected (.*) to be one of: (.*)$/, (given, words) => `"${given}" is none of ${words}`],
  [/^Nonexistent flags?: (.*)$/, (flags) => `There is no flag ${flags}`],
  [/^Unexpected arguments?: (.*)$/, (extra) => `There is nothing that takes the argument ${extra}`],
];
