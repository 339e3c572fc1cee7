/** Options that stand before the command's name, with the long name that every command knows. */
const WITH_VALUE: Readonly<Record<string, string>> = {
  '-c': '--config-file',
  '--config-file': '--config-file',
  '-d': '--dcs-url',
  '--dcs-url': '--dcs-url',
  '--dcs': '--dcs-url',
};
const WITHOUT_VALUE: Readonly<Record<string, string>> = {
  '-k': '--insecure',
  '--insecure': '--insecure',
  '--json': '--json',
};

/** True for the options that may stand before the command's name, in any of their forms. */
export function isGlobalOption(word: string): boolean {
  return takeOption(word, undefined) !== undefined;
}

/**
 * Moves options before the command's name behind it, under their long names:
 * `-c x.yml list demo` → `list --config-file x.yml demo`. Behind the name a short option may mean
 * something else (`query -c` is the SQL), so only what stands before it is touched. Forms as click
 * takes them: `-c x`, `-cx`, `--config-file=x`, `-kc x`.
 */
export function hoistGlobalOptions(argv: readonly string[]): string[] {
  const hoisted: string[] = [];
  let index = 0;
  for (; index < argv.length; index++) {
    const word = argv[index] ?? '';
    const taken = takeOption(word, argv[index + 1]);
    if (!taken) break;
    hoisted.push(...taken.words);
    if (taken.usedNext) index++;
  }
  if (argv[index] === '--') index++;
  const [name, ...rest] = argv.slice(index);
  return name === undefined ? [...argv] : [name, ...hoisted, ...rest];
}

function takeOption(
  word: string,
  next: string | undefined,
): { words: string[]; usedNext: boolean } | undefined {
  const flag = WITHOUT_VALUE[word];
  if (flag) return { words: [flag], usedNext: false };
  const option = WITH_VALUE[word];
  if (option) return { words: next === undefined ? [option] : [option, next], usedNext: true };
  const assigned = /^(--[a-z-]+)=(.*)$/s.exec(word);
  const long = assigned?.[1] && WITH_VALUE[assigned[1]];
  if (long) return { words: [long, assigned?.[2] ?? ''], usedNext: false };
  return takeCluster(word, next);
}

/** Short options written together: `-kcx.yml`, `-cx.yml`. */
function takeCluster(
  word: string,
  next: string | undefined,
): { words: string[]; usedNext: boolean } | undefined {
  const match = /^-(k*)([cd])?(.*)$/s.exec(word);
  if (!match || word === '-' || (!match[1] && !match[2])) return undefined;
  const words = match[1] ? ['--insecure'] : [];
  if (!match[2]) return match[3] ? undefined : { words, usedNext: false };
  const option = match[2] === 'c' ? '--config-file' : '--dcs-url';
  if (match[3]) return { words: [...words, option, match[3]], usedNext: false };
  return {
    words: next === undefined ? [...words, option] : [...words, option, next],
    usedNext: true,
  };
}
