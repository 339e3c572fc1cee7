import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { play } from './stage.ts';
import { formatTranscript, parseTranscript } from './transcript.ts';

// `REWRITE=1 npx vitest run --project sim scenarios` writes the transcripts anew; then read the
// difference: each of them says at its top what must be seen.

const REWRITE = process.env.REWRITE === '1';

const files = readdirSync(import.meta.dirname, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.txt'))
  .map((entry) => join(entry.parentPath, entry.name))
  .sort();

describe('scenarios', () => {
  it('are at least forty', () => {
    expect(files.length).toBeGreaterThanOrEqual(40);
  });

  it.each(files.map((file) => [relative(import.meta.dirname, file), file]))(
    '%s',
    async (_, file) => {
      const text = readFileSync(file, 'utf8');
      const { transcript } = await play(parseTranscript(text));
      const played = formatTranscript(transcript);
      if (REWRITE && played !== text) writeFileSync(file, played);
      else expect(played).toBe(text);
      expect(played).not.toContain('VIOLATION');
      expect(played).not.toContain('\nNOT ');
    },
    30_000,
  );
});
