import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../src/data/index.js';
import { InputError, toNumbers } from '../../src/tensor/index.js';

describe('readCsv', () => {
  it('reads numbers, a header and quoted fields', () => {
    const table = readCsv('a, b ,"c ""d"""\r\n1,-2.5,+3e2\r\n\r\n.5,1.,"7"\r\n');
    expect(table.names).toEqual(['a', 'b', 'c "d"']);
    expect(table.values).toEqual({ dtype: 'f64', shape: [2, 3], data: Float64Array.of(1, -2.5, 300, 0.5, 1, 7) });
    expect([table.text, table.dropped]).toEqual([{}, 0]);
  });

  it('keeps text columns as they are, with delimiters and line breaks', () => {
    const table = readCsv('x,species,y\n1,"setosa, ""wild""",2\n3,"two\nlines",4\n', { text: ['species'] });
    expect(table.names).toEqual(['x', 'y']);
    expect(toNumbers(table.values)).toEqual([1, 2, 3, 4]);
    expect(table.text).toEqual({ species: ['setosa, "wild"', 'two\nlines'] });
  });

  it('chooses and orders columns; others may hold anything', () => {
    const table = readCsv('a,b,c\n1,hello,3\n4,,6', { numbers: ['c', 'a'] });
    expect([table.names, toNumbers(table.values)]).toEqual([
      ['c', 'a'],
      [3, 1, 6, 4],
    ]);
  });

  it('without a header, with another delimiter, from bytes with a byte-order mark', () => {
    const bytes = new TextEncoder().encode('\uFEFF1;2\n3;4');
    const table = readCsv(bytes, { header: false, delimiter: ';' });
    expect([table.names, toNumbers(table.values)]).toEqual([
      ['0', '1'],
      [1, 2, 3, 4],
    ]);
  });

  it('a header alone gives no rows', () => {
    expect(readCsv('a,b\n').values.shape).toEqual([0, 2]);
  });

  describe('missing numbers', () => {
    const text = 'a,b,t\n1,2,x\nNA,4,y\n5,,z\n7,?,\n9,10,w\n';

    it('are an error by default, which names the line and the column', () => {
      expect(() => readCsv(text, { text: ['t'] })).toThrow(/CSV: line 3, column "a": the number is missing/);
    });

    it('become NaN', () => {
      expect(toNumbers(readCsv(text, { text: ['t'], missing: 'nan' }).values)).toEqual([
        1,
        2,
        NaN,
        4,
        5,
        NaN,
        7,
        NaN,
        9,
        10,
      ]);
    });

    it('drop their rows, text included', () => {
      const table = readCsv(text, { text: ['t'], missing: 'drop' });
      expect([toNumbers(table.values), table.text, table.dropped]).toEqual([[1, 2, 9, 10], { t: ['x', 'w'] }, 3]);
    });

    it('are marked as the caller says', () => {
      const table = readCsv('a\n-999\nNA\n', { missing: 'nan', missingMarks: ['-999', 'NA'] });
      expect(toNumbers(table.values)).toEqual([NaN, NaN]);
      expect(() => readCsv('a\nNA\n', { missing: 'nan', missingMarks: [] })).toThrow(/"NA" is not a finite number/);
    });
  });

  it.each([
    ['an empty file', '', {}, /the file is empty/],
    ['text in a numeric column', 'a,b\n1,2\n3,four\n', {}, /line 3, column "b": "four" is not a finite number/],
    ['a number with trailing text', 'a\n12kg\n', {}, /line 2, column "a": "12kg"/],
    ['an infinite number', 'a\nInfinity\n', {}, /"Infinity" is not a finite number/],
    ['a number beyond float64', 'a\n1e999\n', {}, /"1e999"/],
    ['a hexadecimal number', 'a\n0x10\n', {}, /"0x10"/],
    ['a short line', 'a,b\n1,2\n3\n', {}, /line 3 has 1 fields, not 2/],
    ['a long line', 'a,b\n1,2,3\n', {}, /line 2 has 3 fields, not 2/],
    ['unbalanced quotes', 'a,b\n1,2\n"3,4\n', {}, /line 3: Quoted field unterminated/],
    ['a column named twice', 'a,a\n1,2\n', {}, /line 1: two columns are named "a"/],
    ['a column that does not exist', 'a,b\n1,2\n', { numbers: ['c'] }, /no column "c"; the columns are a, b/],
    ['a text column that does not exist', 'a,b\n1,2\n', { text: ['c'] }, /no column "c"/],
    ['a bad number after a field of three lines', 'a,t\n1,"x\ny\r\nz"\nq,w\n', { text: ['t'] }, /line 5, column "a"/],
  ])('refuses %s', (_, text, options, message) => {
    expect(() => readCsv(text, options)).toThrow(InputError);
    expect(() => readCsv(text, options)).toThrow(message);
  });

  it('round trip of any finite numbers and any text', () => {
    const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    const row = fc.tuple(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: fc.constantFrom(...'",;\n\r \tab1é😀\uFEFF') }),
    );
    fc.assert(
      fc.property(fc.array(row, { maxLength: 6 }), (rows) => {
        const file = ['x,t', ...rows.map(([x, t]) => `${Object.is(x, -0) ? '-0' : x},${quote(t)}`)].join('\n');
        const table = readCsv(file, { text: ['t'] });
        expect(toNumbers(table.values)).toEqual(rows.map(([x]) => x));
        expect(table.text.t).toEqual(rows.map(([, t]) => t));
      }),
    );
  });

  it('any text gives a table or an InputError', () => {
    const fragments = fc.array(fc.constantFrom('"', ',', '\n', '\r', '1', 'a', ' ', '""', ';', '\uFEFF'), {
      maxLength: 40,
    });
    fc.assert(
      fc.property(fragments, fc.boolean(), (parts, header) => {
        try {
          const { values, names } = readCsv(parts.join(''), { header, missing: 'nan' });
          expect(values.data.length).toBe(values.shape[0]! * names.length);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
