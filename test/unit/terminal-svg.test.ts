import { describe, expect, it } from 'vitest';
import { terminalSvg } from '../../scripts/docs/terminal-svg.ts';

const lines = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ at: index / 10, text: `line <${index}>` }));

describe('terminalSvg', () => {
  it('shows each line when it came, and begins anew after a rest', () => {
    const svg = terminalSvg(
      [
        { at: 0, text: '$ a' },
        { at: 2, text: 'b & <c>' },
      ],
      'x',
    );
    expect(svg).toContain('>b\u00a0&amp;\u00a0&lt;c&gt;</text>');
    // The second of two seconds, of ten with the rest.
    expect(svg).toContain('@keyframes l1{0%{opacity:0}20.00%{opacity:1}');
    expect(svg).toContain('.l1{animation:l1 10.00s');
    expect(svg).toContain('translateY(0px)');
  });

  it('moves older lines out when the terminal is full, and cuts long ones', () => {
    expect(terminalSvg(lines(30), 'x')).not.toContain('translateY(-');
    expect(terminalSvg(lines(32), 'x')).toContain('.all{transform:translateY(-34px)');
    const svg = terminalSvg([{ at: 0, text: 'x'.repeat(300) }], 'x');
    expect(svg).toContain(`>${'x'.repeat(100)}<`);
  });
});
