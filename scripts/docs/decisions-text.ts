import type { Phase, Rule } from '../../src/ha/plan.ts';
import type { RuleSource } from './rule-source.ts';

/** What each phase is about, in the order in which a reader meets them. */
const PHASES: Readonly<Record<Phase, string>> = {
  leaving: 'The agent was told to stop.',
  unreachable: 'The DCS did not answer, or may not be believed.',
  busy: 'A long operation is in flight.',
  orders: 'Somebody asked this node for something.',
  paused: 'People have taken over: `pause` is on.',
  startup: 'There is no usable data directory, or the cluster is not made yet.',
  down: 'There is data, and PostgreSQL does not run.',
  race: 'Nobody holds the lock.',
  leading: 'This node holds the lock.',
  following: 'Another node holds the lock.',
};

const HEAD = `# Decisions

Generated from the rules by \`npm run docs\`; a test fails when this file is stale.

An agent looks at the world, and goes through these rules from the top: the first that applies says
what to do (\`src/ha/decide.ts\`). A rule that asks is gone through again with the answer. *May do* is
read from the source of the rule and of what it calls: it names everything that can happen, not
what happens each time. *Patroni* names the functions of Patroni 4.1 whose part the rule has
(\`ha.py\`, unless another file is named); \`patroni-map.md\` is the same the other way round.
`;

/**
 * The whole text of docs/decisions.md.
 * @param sources by name of rule; a rule without one is an error.
 */
export function decisionsText(
  rules: readonly Rule[],
  sources: ReadonlyMap<string, RuleSource>,
): string {
  const lines = rules.map((rule, index): Line => {
    const source = sources.get(rule.name);
    if (!source) throw new Error(`the source of rule ${rule.name} was not found in src/ha`);
    return { number: index + 1, rule, source };
  });
  const parts = Object.entries(PHASES).flatMap(([phase, meaning]) => {
    const own = lines.filter(({ rule }) => rule.phase === phase);
    if (own.length === 0) return [];
    return [`\n## ${phase}\n\n${meaning}\n\n${diagram(phase, own)}\n\n${table(own)}\n`];
  });
  return [HEAD, ...parts].join('');
}

interface Line {
  readonly number: number;
  readonly rule: Rule;
  readonly source: RuleSource;
}

function table(lines: readonly Line[]): string {
  const rows = lines.map(({ number, rule, source }) => {
    const mirrors = rule.mirrors.map((name) => `\`${name}\``).join(', ');
    const place = `[${source.file}:${source.line}](../${source.file}#L${source.line})`;
    const cells = [number, `\`${rule.name}\``, rule.why, source.outcomes.join(', ')];
    return `| ${[...cells, mirrors, place].map(cell).join(' | ')} |`;
  });
  return [
    '| # | Rule | Why | May do | Patroni | Source |',
    '|--:|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function cell(value: string | number): string {
  return String(value).replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** From the phase to each kind of outcome, over the rules that lead there. */
function diagram(phase: string, lines: readonly Line[]): string {
  const leading = new Map<string, string[]>();
  for (const { rule, source } of lines) {
    const short = rule.name.startsWith(`${phase}.`) ? rule.name.slice(phase.length + 1) : rule.name;
    for (const outcome of source.outcomes) {
      leading.set(outcome, [...(leading.get(outcome) ?? []), short]);
    }
  }
  const edges = [...leading].flatMap(([outcome, names]) => {
    const id = outcome.replaceAll(/\W+/g, '_');
    const edge = `  ${phase} --> ${id}: ${names.join('<br/>')}`;
    const state = `  state "${outcome}" as ${id}`;
    return outcome.startsWith('ask: ') ? [state, edge, `  ${id} --> ${phase}`] : [state, edge];
  });
  return ['```mermaid', 'stateDiagram-v2', '  direction LR', ...edges, '```'].join('\n');
}
