/** One step of a transcript: commands, and what they print. */
interface Block {
  /** Comments and blank lines before the commands, kept as they are. */
  readonly before: readonly string[];
  readonly commands: readonly string[];
  readonly output: string;
}

export interface Transcript {
  readonly blocks: readonly Block[];
  /** Comments and blank lines at the end. */
  readonly after: readonly string[];
}

const RULE = '----';

/**
 * Reads a transcript: command lines, a line `----`, then what they print up to the next blank line.
 * Lines that begin with `#` before a command are comments. A block that has no `----` yet has no
 * output yet.
 */
export function parseTranscript(text: string): Transcript {
  const blocks: Block[] = [];
  let before: string[] = [];
  const lines = text.replace(/\n+$/, '').split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (isTalk(line)) {
      before.push(line);
      continue;
    }
    const commands: string[] = [];
    for (; index < lines.length && lines[index] !== RULE && !isTalk(lines[index]); index += 1) {
      commands.push(lines[index] ?? '');
    }
    const output: string[] = [];
    if (lines[index] === RULE) {
      for (index += 1; index < lines.length && lines[index] !== ''; index += 1) {
        output.push(lines[index] ?? '');
      }
    }
    index -= 1;
    blocks.push({ before, commands, output: output.join('\n') });
    before = [];
  }
  return { blocks, after: before };
}

function isTalk(line: string | undefined): boolean {
  return line === undefined || line === '' || line.startsWith('#');
}

/** The text of a transcript; `formatTranscript(parseTranscript(text))` is `text` again. */
export function formatTranscript({ blocks, after }: Transcript): string {
  const lines = blocks.flatMap(({ before, commands, output }) => [
    ...before,
    ...commands,
    RULE,
    ...(output === '' ? [] : output.split('\n')),
  ]);
  return `${[...lines, ...after].join('\n')}\n`;
}
