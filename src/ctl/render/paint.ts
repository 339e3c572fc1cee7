/** What a colour is to say. */
export type Tone = 'leader' | 'bad' | 'behind' | 'quiet' | 'heading' | 'plain';

const SGR: Readonly<Record<Exclude<Tone, 'plain'>, string>> = {
  leader: '1;32',
  bad: '31',
  behind: '33',
  quiet: '2',
  heading: '1',
};

/** Colours text for a terminal (ECMA-48's "select graphic rendition"). */
export function paintText(text: string, tone: Tone): string {
  return tone === 'plain' ? text : `\u001b[${SGR[tone]}m${text}\u001b[0m`;
}
