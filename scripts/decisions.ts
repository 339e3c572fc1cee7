/** Writes docs/decisions.md and docs/patroni-map.md from the rules: `npm run docs`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { documents } from './docs/documents.ts';

for (const [path, text] of documents()) {
  writeFileSync(join(import.meta.dirname, '..', path), text);
  console.log(path);
}
